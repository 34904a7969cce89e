import type { CacheKind } from "./cache.ts";
import type { Isolates } from "./redis.ts";

/** Where edges run, and what stands between them and the origin. */
export type Deployment = {
  readonly name: string;
  /** Places with a cache of their own: data centres, or processes of a self-hosted workerd. */
  readonly locations: number;
  /** Traffic is spread over them by Zipf's law with this exponent; 0: evenly. */
  readonly locationExponent: number;
  readonly isolates: Isolates;
  readonly cache: CacheKind;
  /** Caches that the locations' misses go through, each for as many locations; null: none. */
  readonly upper: { readonly caches: number; readonly cache: CacheKind } | null;
};

/** The contract's usual policy (`tenantCache`). */
const USUAL = { freshSeconds: 300, staleWhileRevalidateSeconds: 60 };
/** What fits into 64 MB with products of 1 KB, by `npm run bench:cache -- b`. */
const EMBEDDED_ENTRIES = 13_000;

/** Workers Cache: Cloudflare names no bound; an entry is taken to be there until it is of no use. */
export function cloudflare(locations: number): Deployment {
  const cache = { ...USUAL, capacity: Number.POSITIVE_INFINITY };
  return {
    name: `Cloudflare, ${locations} locations`,
    locations,
    locationExponent: 0.8,
    isolates: { count: 4, shareSnapshots: true },
    cache,
    upper: { caches: Math.ceil(locations / 30), cache },
  };
}

/** workerd on one's own machines: a process is an isolate with its own embedded cache. */
export function selfHosted(processes: number): Deployment {
  return {
    name: `self-hosted workerd, ${processes} ${processes === 1 ? "process" : "processes"}`,
    locations: processes,
    locationExponent: 0,
    isolates: { count: 1, shareSnapshots: false },
    cache: { ...USUAL, capacity: EMBEDDED_ENTRIES },
    upper: null,
  };
}
