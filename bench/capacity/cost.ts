import type { Load } from "./load.ts";

/**
 * List prices in US dollars, without what plans include and without discounts, as published in November
 * 2026: developers.cloudflare.com/workers/platform/pricing, .../analytics/analytics-engine/pricing,
 * upstash.com/pricing/redis. Virtual machines differ more between providers than this is exact.
 */
export const PRICES = {
  workerRequestsPerMillion: 0.3,
  workerCpuPerMillionMs: 0.02,
  analyticsPointsPerMillion: 0.25,
  redisCommandsPerMillion: 2,
  vcpuHour: 0.045,
  databaseVcpuHour: 0.1,
} as const;

/**
 * CPU time of one, in milliseconds of a core: `npm run capacity -- --cpu` (`measure-cpu.ts`) on 2 cores of an AMD EPYC
 * with Node 24, 21 November 2026, of two runs the one that had less beside it; the other one had 5 to 60% more.
 */
export const CPU_MS = {
  /** `a hit`: the embedded cache's, in workerd. */
  edgeHit: 0.19,
  /** `a read at the origin`, at each tier: the cache has asked for it, and stored it. */
  edgeMiss: 1.2,
  originRead: 0.5,
  databaseRead: 0.14,
  /** `a write`: with its audit, and the relay that is woken for each. */
  edgeWrite: 2.7,
  originWrite: 5.5,
  databaseWrite: 3.4,
} as const;

/** What may be used of a core that has to stay quick. */
const USABLE = 0.6;

export type Cost = {
  readonly edge: number;
  /** One point for each request. */
  readonly analytics: number;
  readonly redis: number;
  readonly origin: number;
  readonly database: number;
  readonly total: number;
};

export type Cores = { readonly origin: number; readonly database: number };

/** Cores that are needed for a load, at least one of each kind. */
export function coresFor({ originReads, writes }: Load): Cores {
  const cores = (readMs: number, writeMs: number) =>
    Math.max(1, Math.ceil((originReads * readMs + writes * writeMs) / 1_000 / USABLE));
  return {
    origin: cores(CPU_MS.originRead, CPU_MS.originWrite),
    database: cores(CPU_MS.databaseRead, CPU_MS.databaseWrite),
  };
}

/** Of the Worker, for a request on the average, in milliseconds. */
function edgeMs({ requests, nearHitRatio, writes }: Load): number {
  const reads = requests - writes;
  const { edgeHit, edgeMiss, edgeWrite } = CPU_MS;
  const readMs = nearHitRatio * edgeHit + (1 - nearHitRatio) * edgeMiss;
  return (reads * readMs + writes * edgeWrite) / requests;
}

/**
 * Dollars for a million requests.
 * @param average what the day is like
 * @param busiest what the machines are sized for
 */
export function costPerMillion(average: Load, busiest: Load): Cost {
  const { origin, database } = coresFor(busiest);
  const perMillion = (dollarsAnHour: number) => (dollarsAnHour / 3_600 / average.requests) * 1e6;
  const parts = {
    edge: PRICES.workerRequestsPerMillion + edgeMs(average) * PRICES.workerCpuPerMillionMs,
    analytics: PRICES.analyticsPointsPerMillion,
    redis: (average.redisCommands / average.requests) * PRICES.redisCommandsPerMillion,
    origin: perMillion(origin * PRICES.vcpuHour),
    database: perMillion(database * PRICES.databaseVcpuHour),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
