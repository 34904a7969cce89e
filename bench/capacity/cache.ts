/**
 * What a cache does with many keys in the steady state, in closed form. Requests of a key are Poisson,
 * and so are the writes that make its entries unreachable.
 *
 * An entry is fresh for D seconds, then served and revalidated for S more. Whatever ends it (a write,
 * age, eviction), it is the next request that asks the origin, so the time between two questions is
 * the entry's life and one gap between requests: (1 - e^-wD) / w + 1 / r for r requests and w writes a
 * second. A question renews the entry unseen (stale-while-revalidate) if no write came before it and it
 * came within S; else somebody waits for it. That much is exact.
 *
 * A bounded cache evicts what was not asked for during a time T that is the same for all keys (Che's
 * approximation: Che, Tung, Wang 2002). Eviction is taken for one more kind of write, at the rate
 * r / (e^rT - 1), which gives Che's miss ratio e^-rT where there are no others.
 */

/** Keys that are alike; rates are of one key, a second. */
export type Cell = {
  readonly keys: number;
  readonly reads: number;
  readonly invalidations: number;
  /** Reads under a key that only the isolate of a write has (docs/decisions/0018-marks.md): always the origin's. */
  readonly marked: number;
};

export type CacheKind = {
  readonly freshSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  /** How many entries fit in; `Infinity`: nothing is evicted before it is of no use. */
  readonly capacity: number;
};

/** What one key asks of the cache behind, a second. */
export type Asked = { readonly misses: number; readonly revalidations: number };

export type SteadyState = {
  /** Beside each cell. */
  readonly asked: readonly Asked[];
  readonly hitRatio: number;
  /** Seconds that an entry stays without being asked for. */
  readonly idleSeconds: number;
};

const STEPS = 40;
const LONGEST_SECONDS = 1e6;

export function steadyState(cells: readonly Cell[], cache: CacheKind): SteadyState {
  const idleSeconds = idleTime(cells, cache.capacity);
  const asked = cells.map((cell) => askedBy(cell, cache, idleSeconds));
  const requests = sumOver(cells, ({ keys, reads }) => keys * reads);
  const misses = sumOver(cells, ({ keys }, index) => keys * (asked[index]?.misses ?? 0));
  return { asked, hitRatio: 1 - misses / requests, idleSeconds };
}

function askedBy({ reads, invalidations, marked }: Cell, cache: CacheKind, idleSeconds: number): Asked {
  if (reads === 0) return { misses: 0, revalidations: 0 };
  const ends = invalidations + reads / Math.expm1(reads * idleSeconds);
  const { freshSeconds, staleWhileRevalidateSeconds } = cache;
  const life = ends === 0 ? freshSeconds : -Math.expm1(-ends * freshSeconds) / ends;
  const questions = 1 / (life + 1 / reads);
  const either = reads + ends;
  const unseen =
    Math.exp(-ends * freshSeconds) * (reads / either) * -Math.expm1(-either * staleWhileRevalidateSeconds);
  return { misses: questions * (1 - unseen) + marked, revalidations: questions * unseen };
}

/** T, at which the entries fill the cache, those included that a write has made unreachable. */
function idleTime(cells: readonly Cell[], capacity: number): number {
  if (entriesAt(LONGEST_SECONDS, cells) <= capacity) return LONGEST_SECONDS;
  let low = 0;
  let high = LONGEST_SECONDS;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (entriesAt(middle, cells) > capacity) high = middle;
    else low = middle;
  }
  return low;
}

/** By Little's law: a hit prolongs an entry by the time since the former request, a miss makes one that idles once. */
function entriesAt(idle: number, cells: readonly Cell[]): number {
  return sumOver(cells, ({ keys, reads, invalidations }) => {
    const either = reads + invalidations;
    const within = -Math.expm1(-either * idle);
    if (within === 0) return 0;
    const hits = (reads / either) * within;
    const sinceFormer = 1 / either - (idle * (1 - within)) / within;
    return keys * reads * (hits * sinceFormer + (1 - hits) * idle);
  });
}

/**
 * Questions a second that reach what is behind, so long after the cache was emptied. A request is one when there
 * was none since the last write, or since the emptying if that was later: the steady state is come to as fast
 * as there are requests *or* writes, for a write of what nobody has asked for since makes nothing worse.
 */
export function questionsAfterEmptying(
  cells: readonly Cell[],
  { asked }: SteadyState,
  seconds: number,
): number {
  return sumOver(cells, ({ keys, reads, invalidations }, index) => {
    const { misses = 0, revalidations = 0 } = asked[index] ?? {};
    const settled = misses + revalidations;
    return keys * (settled + (reads - settled) * Math.exp(-(reads + invalidations) * seconds));
  });
}

export function sumOver<T>(values: readonly T[], of: (value: T, index: number) => number): number {
  return values.reduce((sum, value, index) => sum + of(value, index), 0);
}
