import { headers as names } from "#shared/headers.ts";
import type { Served } from "./embedded.ts";
import type { Shared } from "./key.ts";

const BYPASSED = { [names.cacheStatus]: "gatehouse; fwd=bypass", "cf-cache-status": "BYPASS" };

/**
 * How the cache answered: `Cache-Status` (RFC 9211), `Cf-Cache-Status` in Cloudflare's words, `Age`.
 * @param served null when the cache was not asked
 */
export function cacheStatusOf(served: Served | null): Record<string, string> {
  if (served === null) return BYPASSED;
  const ttl = served.ttl === null ? "" : `; ttl=${Math.floor(served.ttl)}`;
  const age = String(Math.floor(served.age));
  switch (served.how) {
    case "hit":
      return { [names.cacheStatus]: `gatehouse; hit${ttl}`, "cf-cache-status": "HIT", age };
    case "stale":
      return { [names.cacheStatus]: `gatehouse; hit${ttl}`, "cf-cache-status": "STALE", age };
    case "miss":
      return {
        [names.cacheStatus]: `gatehouse; fwd=uri-miss${served.ttl === null ? "" : "; stored"}`,
        "cf-cache-status": "MISS",
      };
  }
}

/**
 * What clients may do with a cached answer. Only the edge learns of writes, so a client asks again
 * each time (and gets a 304); what no write changes it may keep.
 */
export function cacheControlFor({ partition, shows, maxAgeSeconds }: Shared): string {
  return partition === "everyone" && shows.kind === "static"
    ? `public, max-age=${maxAgeSeconds}`
    : "private, no-cache";
}

/** Whether `If-None-Match` names the entity tag, by weak comparison (RFC 9110 §13.1.2). */
export function matchesETag(ifNoneMatch: string | null, etag: string | undefined): boolean {
  if (ifNoneMatch === null || etag === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const wanted = opaque(etag);
  return ifNoneMatch.split(",").some((candidate) => opaque(candidate.trim()) === wanted);
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}
