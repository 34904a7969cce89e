/** The `traceparent` header, W3C Trace Context Level 2 (https://www.w3.org/TR/trace-context-2/). */
export type TraceParent = {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The caller's span: 16 hex digits. */
  readonly parentId: string;
  /** `SAMPLED`, `RANDOM`, both or neither. */
  readonly flags: number;
};

/** Whoever asks records the trace (§3.2.4.1). */
export const SAMPLED = 0b01;
/** The trace id's last seven bytes are random (§3.2.4.2). */
export const RANDOM = 0b10;

const KNOWN_FLAGS = SAMPLED | RANDOM;
/** Ids of zeros only and version ff are invalid (§3.2.2); what a later version adds comes after a dash (§4.3). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns null for what is missing or malformed: then whoever reads it begins a trace of its own */
export function parseTraceparent(header: unknown): TraceParent | null {
  if (typeof header !== "string") return null;
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || parentId === undefined || flags === undefined) return null;
  if (version === "00" && more !== undefined) return null;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS };
}

/** As version 00, the one that everybody reads. */
export function formatTraceparent({ traceId, parentId, flags }: TraceParent): string {
  return `00-${traceId}-${parentId}-${flags.toString(16).padStart(2, "0")}`;
}
