import { parseFreshFor } from "#shared/fresh-for.ts";
import { headers as names } from "#shared/headers.ts";
import type { Answer } from "./answer.ts";
import type { Shared } from "./key.ts";
import type { Served } from "./serve.ts";

/** An answer that the cache was not asked for, marked as such (RFC 9211 §2.2). */
export function bypassing({ status, headers, body }: Answer): Served {
  const how = { [names.cacheStatus]: "gatehouse; fwd=bypass", "cf-cache-status": "BYPASS" };
  return { status, headers: { ...headers, ...how }, body, word: "BYPASS" };
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

/** A stored answer's headers as clients get them: with what they may do, without what the edge was told. */
export function headersForClients(
  policy: Shared,
): (stored: Readonly<Record<string, string>>) => Record<string, string> {
  const usual = cacheControlFor(policy);
  return function headersForClients(stored) {
    const holds = parseFreshFor(stored[names.freshFor]);
    if (holds === null) return { ...stored, "cache-control": usual };
    const { [names.freshFor]: _, ...headers } = stored;
    const maxAgeSeconds = Math.min(policy.maxAgeSeconds, holds);
    return { ...headers, "cache-control": cacheControlFor({ ...policy, maxAgeSeconds }) };
  };
}
