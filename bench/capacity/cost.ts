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

/** CPU time of one, in milliseconds of a core of the machine that it was measured on (`npm run bench`). */
export const CPU_MS = {
  /** Of the Worker, for a request that its cache answers. */
  edge: 0.08,
  originRead: 0.5,
  databaseRead: 0.2,
  originWrite: 2.5,
  databaseWrite: 2.5,
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

/**
 * Dollars for a million requests.
 * @param average what the day is like
 * @param busiest what the machines are sized for
 */
export function costPerMillion(average: Load, busiest: Load): Cost {
  const { origin, database } = coresFor(busiest);
  const perMillion = (dollarsAnHour: number) => (dollarsAnHour / 3_600 / average.requests) * 1e6;
  const parts = {
    edge: PRICES.workerRequestsPerMillion + CPU_MS.edge * PRICES.workerCpuPerMillionMs,
    analytics: PRICES.analyticsPointsPerMillion,
    redis: (average.redisCommands / average.requests) * PRICES.redisCommandsPerMillion,
    origin: perMillion(origin * PRICES.vcpuHour),
    database: perMillion(database * PRICES.databaseVcpuHour),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
