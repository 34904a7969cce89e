import {
  type Asked,
  type Cell,
  questionsAfterEmptying,
  type SteadyState,
  steadyState,
  sumOver,
} from "./cache.ts";
import type { Deployment } from "./deployment.ts";
import { zipfRanks } from "./ranks.ts";
import { commandsAt, RELAY_COMMANDS_PER_SECOND } from "./redis.ts";
import { readsPerSecond, type TenantCells, type Traffic, tenantsAt } from "./traffic.ts";

/** What traffic becomes behind the edge; all a second. */
export type Load = {
  readonly requests: number;
  /** Of reads: answered by the location that was asked. */
  readonly nearHitRatio: number;
  /** Of reads: answered without waiting for the origin. */
  readonly hitRatio: number;
  /** Reads that reach the origin: misses, revalidations, and what is asked past the cache. */
  readonly originReads: number;
  readonly writes: number;
  readonly redisSnapshots: number;
  readonly redisQuotas: number;
  readonly redisCommands: number;
  /** The same reads 1 s after every cache was emptied. */
  readonly originReadsWhenEmptied: number;
};

/** @param extraWrites a second, of the biggest tenant */
export function loadOf(traffic: Traffic, deployment: Deployment, extraWrites = 0): Load {
  const places = zipfRanks(deployment.locations, deployment.locationExponent).map(({ count, share }) => {
    const tenants = tenantsAt(traffic, share, extraWrites, deployment.isolates.count);
    const cells = tenants.flatMap((tenant) => tenant.cells);
    return { count, tenants, cells, state: steadyState(cells, deployment.cache) };
  });
  const reads = readsPerSecond(traffic);
  const behindWrites = traffic.requestsPerSecond * traffic.writeShare * traffic.readsBehindWrite;
  const behind = behindTheLast(places, deployment);
  const redis = redisOf(places, deployment, traffic);
  const writes = traffic.requestsPerSecond * traffic.writeShare + extraWrites;
  const missed = sumOver(
    places,
    ({ count, cells, state }) => count * reads * shareOf(cells, reads) * (1 - state.hitRatio),
  );
  return {
    requests: traffic.requestsPerSecond,
    nearHitRatio: 1 - Math.min(1, (missed + behindWrites) / reads),
    hitRatio: 1 - Math.min(1, (behind.waited + behindWrites) / reads),
    originReads: behind.steady + behindWrites,
    writes,
    ...redis,
    redisCommands: redis.redisSnapshots + redis.redisQuotas + RELAY_COMMANDS_PER_SECOND,
    originReadsWhenEmptied: behind.emptied + behindWrites,
  };
}

type Place = {
  /** Places like this one. */
  readonly count: number;
  readonly tenants: readonly TenantCells[];
  readonly cells: readonly Cell[];
  readonly state: SteadyState;
};

function shareOf(cells: readonly Cell[], reads: number): number {
  return sumOver(cells, (cell) => cell.keys * cell.reads) / reads;
}

const SECONDS_AFTER = 1;
const NOTHING: Asked = { misses: 0, revalidations: 0 };

function behindTheLast(places: readonly Place[], { upper }: Deployment) {
  if (upper === null) {
    return {
      ...questionsOf(places),
      emptied: sumOver(
        places,
        ({ count, cells, state }) => count * questionsAfterEmptying(cells, state, SECONDS_AFTER),
      ),
    };
  }
  const cells = cellsOfUpper(places, upper.caches);
  const state = steadyState(cells, upper.cache);
  return {
    ...questionsOf([{ count: upper.caches, cells, state }]),
    emptied:
      upper.caches * questionsAfterEmptying(asAsked(cells, places, upper.caches), state, SECONDS_AFTER),
  };
}

/** What one of the upper caches is asked: an equal part of what the locations ask. */
function cellsOfUpper(places: readonly Place[], caches: number): Cell[] {
  return combined(places, caches, ({ cells, state }, index) => {
    const { misses, revalidations } = state.asked[index] ?? NOTHING;
    return misses + revalidations - (cells[index]?.marked ?? 0);
  });
}

/** The same when every location is empty: whatever is asked there. */
function asAsked(cells: readonly Cell[], places: readonly Place[], caches: number): Cell[] {
  const whole = combined(places, caches, ({ cells: own }, index) => own[index]?.reads ?? 0);
  return cells.map((cell, index) => ({ ...cell, reads: whole[index]?.reads ?? 0 }));
}

function combined(
  places: readonly Place[],
  caches: number,
  rateOf: (place: Place, index: number) => number,
): Cell[] {
  const [first] = places;
  if (first === undefined) return [];
  return first.cells.map(({ keys, invalidations }, index) => ({
    keys,
    invalidations,
    reads: sumOver(places, (place) => place.count * rateOf(place, index)) / caches,
    marked: sumOver(places, ({ count, cells }) => count * (cells[index]?.marked ?? 0)) / caches,
  }));
}

/** What these caches ask, and how much of it somebody waits for. */
function questionsOf(caches: readonly Pick<Place, "count" | "cells" | "state">[]) {
  const sum = (of: (asked: Asked) => number) =>
    sumOver(
      caches,
      ({ count, cells, state }) =>
        count * sumOver(cells, ({ keys }, index) => keys * of(state.asked[index] ?? NOTHING)),
    );
  return {
    steady: sum(({ misses, revalidations }) => misses + revalidations),
    waited: sum(({ misses }) => misses),
  };
}

function redisOf(places: readonly Place[], { isolates }: Deployment, { clientsPerTenant }: Traffic) {
  const all = places.map(({ count, tenants }) => ({
    count,
    ...commandsAt(tenants, isolates, clientsPerTenant),
  }));
  return {
    redisSnapshots: sumOver(all, ({ count, snapshots }) => count * snapshots),
    redisQuotas: sumOver(all, ({ count, quotas }) => count * quotas),
  };
}
