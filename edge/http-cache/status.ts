import type { Profile } from "./profile.ts";

/** What happened, in Cloudflare's words (https://developers.cloudflare.com/cache/concepts/cache-responses/). */
export type CacheWord =
  | "HIT"
  | "MISS"
  | "EXPIRED"
  | "STALE"
  | "UPDATING"
  | "REVALIDATED"
  | "BYPASS"
  | "DYNAMIC";

/** Why a request went on to the origin, in the words of RFC 9211 §2.2. */
export type ForwardReason = "bypass" | "method" | "uri-miss" | "vary-miss" | "miss" | "request" | "stale";

/** How the cache came by an answer. */
export type How = {
  readonly word: CacheWord;
  /** Null when the origin was not asked before answering. */
  readonly forward: ForwardReason | null;
  /** The origin's status, when it was asked. */
  readonly forwardStatus: number | null;
  readonly stored: boolean;
  readonly collapsed: boolean;
  /** Seconds since the origin made it; null for what does not come from the store. */
  readonly ageSeconds: number | null;
  /** Seconds it stays fresh, negative when stale; null for what is not stored. */
  readonly ttlSeconds: number | null;
};

/** This cache's member of `Cache-Status` (RFC 9211 §2). */
export function cacheStatusOf(how: How, { name }: Profile): string {
  let status = name;
  if (how.forward === null) status += how.word === "BYPASS" ? "; fwd=bypass" : "; hit";
  else status += `; fwd=${how.forward}`;
  if (how.forwardStatus !== null) status += `; fwd-status=${how.forwardStatus}`;
  if (how.ttlSeconds !== null) status += `; ttl=${Math.floor(how.ttlSeconds)}`;
  if (how.stored) status += "; stored";
  if (how.collapsed) status += "; collapsed";
  if (how.word === "STALE" || how.word === "UPDATING") status += `; detail=${how.word.toLowerCase()}`;
  return status;
}
