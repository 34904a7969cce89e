import { CONDITIONAL_HEADERS, validatorsOf } from "./conditional.ts";
import type { Entry } from "./entry.ts";
import type { Sent } from "./exchange.ts";
import type { Lookup } from "./fields.ts";
import type { Profile } from "./profile.ts";
import type { CacheRequest, Demands } from "./request.ts";

/** Headers that ask for part of an answer, or for none if it is known. */
const PARTIAL_HEADERS = [...CONDITIONAL_HEADERS, "range"];

/**
 * What to send in order to answer a GET or HEAD that the store alone cannot: the validators of what
 * is stored (RFC 9111 §4.3.1), else by the profile a full GET or the request as it came.
 */
export function sentFor({ method }: CacheRequest, entry: Entry | null, { fill }: Profile): Sent {
  if (fill === "as-asked" && (entry === null || method === "HEAD")) return { method, set: [], drop: [] };
  return { method: "GET", set: entry === null ? [] : validatorsOf(entry), drop: PARTIAL_HEADERS };
}

/**
 * Whether a request may wait for another one's answer: what that one brings must be able to answer
 * it, and nothing of the first caller may decide what the second gets.
 */
export function isCollapsible(
  request: CacheRequest,
  entry: Entry | null,
  demands: Demands,
  { fill }: Profile,
): boolean {
  const { header, method } = request;
  if (header("authorization") !== null) return false;
  if (demands.noCache || demands.maxAgeSeconds !== null || demands.minFreshSeconds !== null) return false;
  if (fill === "full") return true;
  return method === "GET" && (entry !== null || !isPartial(header));
}

/** Whether a request asks for less than the whole of a stored response, or might get by without it. */
export function isPartial(header: Lookup): boolean {
  return PARTIAL_HEADERS.some((name) => header(name) !== null);
}
