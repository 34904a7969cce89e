import { deltaSeconds, parseDirectives } from "./directives.ts";
import type { Lookup } from "./fields.ts";
import type { Profile } from "./profile.ts";

/** One question to the cache: whose it is, what it names, and the headers that matter. */
export type CacheRequest = {
  readonly method: string;
  /** Who shares answers: a string made of `props`. No other partition is ever reached. */
  readonly partition: string;
  /** What is asked for within the partition: `cf.cacheKey`, or path and query. */
  readonly key: string;
  /** Path and query, for purges by prefix. */
  readonly path: string;
  readonly header: Lookup;
  /**
   * Request headers that some frameworks take for another method or URL, as one string: requests
   * that differ in it never share a response (`adapt.ts`).
   */
  readonly guard?: string;
  /** Scheme and host of the request, to tell which `Location` is its own. */
  readonly origin?: string;
  /** A trusted `Cache-Control` in place of the response's (`cf.cacheControl`). */
  readonly cacheControl?: string;
};

/** What selects one of a key's stored responses. */
export type Selecting = Pick<CacheRequest, "header" | "guard">;

/** What a request's `Cache-Control` asks for (RFC 9111 §5.2.1). Seconds are null when it does not say. */
export type Demands = {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeSeconds: number | null;
  readonly minFreshSeconds: number | null;
  /** Infinity for `max-stale` without a number. */
  readonly maxStaleSeconds: number | null;
};

const NO_DEMANDS: Demands = {
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAgeSeconds: null,
  minFreshSeconds: null,
  maxStaleSeconds: null,
};

export function demandsOf(header: Lookup, profile: Profile): Demands {
  if (!profile.heedsRequestDirectives) return NO_DEMANDS;
  const cacheControl = header("cache-control");
  if (cacheControl === null) {
    // RFC 9111 §5.4: Pragma counts only in the absence of Cache-Control.
    const pragma = header("pragma");
    return pragma !== null && /\bno-cache\b/i.test(pragma) ? { ...NO_DEMANDS, noCache: true } : NO_DEMANDS;
  }
  const directives = parseDirectives(cacheControl);
  if (directives.size === 0) return NO_DEMANDS;
  return {
    noCache: directives.has("no-cache"),
    noStore: directives.has("no-store"),
    onlyIfCached: directives.has("only-if-cached"),
    maxAgeSeconds: deltaSeconds(directives, "max-age"),
    minFreshSeconds: deltaSeconds(directives, "min-fresh"),
    maxStaleSeconds: directives.get("max-stale")?.includes("")
      ? Number.POSITIVE_INFINITY
      : deltaSeconds(directives, "max-stale"),
  };
}

/** Methods that a stored response may answer. */
export function isLookedUp(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Methods that change nothing (RFC 9110 §9.2.1); of an unknown one nothing can be assumed. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE";
}
