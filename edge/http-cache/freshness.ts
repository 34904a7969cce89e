import { type Control, dateOf } from "./control.ts";
import { MAX_DELTA_SECONDS } from "./directives.ts";
import { type Fields, fieldValue } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Profile } from "./profile.ts";

/** A response as it came, with the times that its age depends on, in milliseconds since the epoch. */
export type Received = {
  readonly status: number;
  readonly fields: Fields;
  readonly requestedAt: number;
  readonly receivedAt: number;
};

/** Status codes that are cacheable by default (RFC 9110 §15.1), less 206, which is not stored here. */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** Seconds for which a response is fresh from its birth (RFC 9111 §4.2.1). */
export function lifetimeSeconds(received: Received, control: Control, profile: Profile): number {
  if (control.noCache) return 0;
  return control.lifetimeSeconds ?? heuristicSeconds(received, control, profile);
}

/** RFC 9111 §4.2.2. */
function heuristicSeconds(received: Received, control: Control, profile: Profile): number {
  const { status, fields, receivedAt } = received;
  const { heuristic } = profile;
  if (heuristic.kind === "table") return control.isSilent ? (heuristic.seconds[status] ?? 0) : 0;
  if (!isHeuristicallyCacheable(status, profile) && !control.isPublic) return 0;
  const value = fieldValue(fields, "last-modified");
  const modified = value === null ? null : parseHttpDate(value, receivedAt);
  if (modified === null) return 0;
  const unchangedSeconds = (dateOf(fields, receivedAt) - modified) / 1000;
  return Math.min(Math.max(0, unchangedSeconds * heuristic.fraction), heuristic.maxSeconds);
}

export function isHeuristicallyCacheable(status: number, { heuristic }: Profile): boolean {
  return heuristic.kind === "table" ? status in heuristic.seconds : HEURISTICALLY_CACHEABLE.has(status);
}

/**
 * When the response's age was zero, by the more cautious of its own `Date` and of what the caches
 * before us say plus the time that the exchange took (RFC 9111 §4.2.3).
 */
export function birthOf({ fields, requestedAt, receivedAt }: Received): number {
  const apparentAge = Math.max(0, receivedAt - dateOf(fields, receivedAt));
  const correctedAge = upstreamAgeSeconds(fields) * 1000 + (receivedAt - requestedAt);
  return receivedAt - Math.max(apparentAge, correctedAge);
}

/** The first member of `Age`, ignored when it is no number of seconds (RFC 9111 §5.1). */
function upstreamAgeSeconds(fields: Fields): number {
  const first = fieldValue(fields, "age")?.split(",")[0]?.trim() ?? "";
  return /^\d+$/.test(first) ? Math.min(Number(first), MAX_DELTA_SECONDS) : 0;
}
