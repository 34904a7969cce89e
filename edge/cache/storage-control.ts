import { parseFreshFor } from "#shared/fresh-for.ts";
import { headers as names } from "#shared/headers.ts";
import type { Answer } from "./answer.ts";
import type { Shared } from "./key.ts";

/** No 404 stays longer than this, whatever its route says: it may come into being any time. */
const MAX_NOT_FOUND_SECONDS = 5;

/**
 * The policy as a cache reads it, Cloudflare's or the embedded one. `max-age`, never `s-maxage`, which
 * would switch off serving stale (RFC 5861); and always some directive, since none means two hours.
 *
 * What the origin says of how long the answer holds (`freshUntil`) caps it in every way. What has not been asked
 * again may have changed, and an outage shows it, marked stale; of what has ended it is known to be wrong.
 */
export function storageControl(
  policy: Shared,
  { status, headers }: Pick<Answer, "status" | "headers">,
): string {
  const holds = parseFreshFor(headers[names.freshFor]) ?? Number.POSITIVE_INFINITY;
  switch (status) {
    case 200:
    // Validated: what is stored is as good as new (RFC 9111 §4.3.4).
    case 304: {
      const maxAge = Math.min(policy.maxAgeSeconds, holds);
      const longest = holds - maxAge;
      return [
        `max-age=${maxAge}`,
        `stale-while-revalidate=${Math.min(policy.staleWhileRevalidateSeconds, longest)}`,
        `stale-if-error=${Math.min(policy.staleIfErrorSeconds, longest)}`,
      ].join(", ");
    }
    case 404:
      return `max-age=${Math.min(policy.notFoundMaxAgeSeconds, MAX_NOT_FOUND_SECONDS, holds)}, stale-if-error=0`;
    default:
      return "no-store";
  }
}

/**
 * An answer as it is some time after the origin sent it, for a cache that counts its age only from
 * when it gets it.
 */
export function aged<A extends Pick<Answer, "headers">>(answer: A, elapsedMs: number): A {
  const holds = parseFreshFor(answer.headers[names.freshFor]);
  if (holds === null) return answer;
  const left = Math.max(0, Math.floor(holds - elapsedMs / 1000));
  return { ...answer, headers: { ...answer.headers, [names.freshFor]: String(left) } };
}
