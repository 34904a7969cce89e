import type { Design } from "./design.ts";

/** What Postgres, relays, Redis and edges hold in the model. */

export type Write = {
  readonly id: number;
  readonly xid: number;
  readonly serial: number;
  /** The start of Postgres that committed it, and when, as its token has them. */
  readonly start: number;
  readonly committedAt: number;
  delivered: boolean;
};
/** A transaction that is open. */
export type Open = Pick<Write, "id" | "xid" | "serial">;
export type Shown = ReadonlySet<number>;
export type Draft = {
  readonly writes: readonly Write[];
  readonly xmin: number;
  readonly next: number;
  readonly version: number;
  /** The start of Postgres that it was read from. */
  readonly start: number;
};
export type Publication = Draft & { readonly watermark: number };
/** `start`: whose the era is; null while only edges have found that there is none. */
export type Redis = {
  birth: number;
  start: number | null;
  beganAt: number;
  version: number;
  watermark: number;
};
/** What a backup of Postgres holds. */
export type Backup = {
  readonly committed: Shown;
  readonly outbox: readonly Write[];
  readonly nextXid: number;
  readonly sequence: number;
  readonly position: number;
};
export type Relay =
  | { readonly step: "idle" }
  | { readonly step: "numbered"; readonly version: number }
  | { readonly step: "read" | "drawn" | "published"; readonly draft: Draft };
export type Snapshot = {
  readonly key: string;
  readonly start: number | null;
  readonly beganAt: number;
  readonly watermark: number;
  readonly mustShow: Shown;
  readonly mustNotShow: Shown;
};
export type Reader = Pick<Snapshot, "mustShow" | "mustNotShow"> & { readonly why: string };
export type Flight = { readonly key: string; answer: Shown | null; readonly readers: Reader[] };
export type Edge = {
  snapshot: Snapshot | null;
  readonly cache: Map<string, Shown>;
  flights: Flight[];
  /** The writes that went through it, in the order in which it learnt of their commits. */
  readonly own: Write[];
};

export function newEdge(): Edge {
  return { snapshot: null, cache: new Map(), flights: [], own: [] };
}

export function publicationOf({ watermark }: Design, draft: Draft): Publication {
  const highest = Math.max(0, ...draft.writes.map(({ xid }) => xid + 1));
  return { ...draft, watermark: watermark === "xmin" ? draft.xmin : highest };
}

/** Whether what an edge sees contains a write, by its token. */
export function contains({ tokens }: Design, { start, beganAt, watermark }: Snapshot, write: Write): boolean {
  if (tokens === "numbers" || write.start === start) return write.xid < watermark;
  return start !== null && write.committedAt < beganAt;
}

/** What the key has as long as writes that went through the edge are not in sight. */
export function markOf(design: Design, { own }: Edge, snapshot: Snapshot): string {
  const last = own.at(-1);
  if (last === undefined || design.marks === "none") return "";
  if (contains(design, snapshot, own.reduce(bothOf))) return "";
  const highest = own.toSorted((a, b) => a.start - b.start || a.xid - b.xid).at(-1);
  const named = design.marks === "last" ? last : (highest ?? last);
  return `+${named.start}.${named.xid}`;
}

/** What is seen no sooner than both: neither the higher number nor the later commit alone. */
function bothOf(a: Write, b: Write): Write {
  const later = b.committedAt > a.committedAt ? b : a;
  return a.start === b.start ? { ...later, xid: Math.max(a.xid, b.xid) } : later;
}

export function beginsEra({ eras }: Design, redis: Redis, { start, next }: Publication): boolean {
  switch (eras) {
    case "none":
      return false;
    case "by-ids":
      return redis.start === null || redis.watermark > next;
    case "by-start":
      return redis.start !== start || redis.watermark > next;
  }
}
