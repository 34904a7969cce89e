import type { Answer } from "./answer.ts";
import type { Shared } from "./key.ts";

/** No 404 stays longer than this, whatever its route says: it may come into being any time. */
const MAX_NOT_FOUND_SECONDS = 5;

/**
 * The policy as a cache reads it, Cloudflare's or the embedded one. `max-age`, never `s-maxage`, which
 * would switch off serving stale (RFC 5861); and always some directive, since none means two hours.
 */
export function storageControl(policy: Shared, { status }: Pick<Answer, "status">): string {
  switch (status) {
    case 200:
      return [
        `max-age=${policy.maxAgeSeconds}`,
        `stale-while-revalidate=${policy.staleWhileRevalidateSeconds}`,
        `stale-if-error=${policy.staleIfErrorSeconds}`,
      ].join(", ");
    case 404:
      return `max-age=${Math.min(policy.notFoundMaxAgeSeconds, MAX_NOT_FOUND_SECONDS)}, stale-if-error=0`;
    default:
      return "no-store";
  }
}
