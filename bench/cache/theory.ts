/**
 * What hit ratio to expect of a cache bounded by least recent use whose keys are also invalidated.
 *
 * By Che's approximation (Che, Tung, Wang 2002) an entry is evicted when it was not asked for during
 * a time T that is the same for all. A request is then a hit if the key's former request is less than T
 * ago and no write fell on the key's bucket since: with Poisson reads r and writes w
 * r / (r + w) x (1 - e^-(r + w)T). T is the time at which all entries fill the cache, those included
 * that a write has made unreachable and that nobody has evicted yet.
 */

export type CacheModel = {
  /** Requests/s of each key. */
  readonly reads: Float64Array;
  /** Writes/s of each key. */
  readonly writes: Float64Array;
  /** Which keys are invalidated together. */
  readonly bucketOf: (key: number) => number;
  /** How many entries fit in. */
  readonly capacity: number;
};

export type Expected = {
  readonly hitRatio: number;
  /** Seconds that an entry stays without being asked for. */
  readonly idleSeconds: number;
};

const STEPS = 60;
const LONGEST_SECONDS = 1e6;

export function expectedHits(model: CacheModel): Expected {
  const invalidations = perBucket(model);
  let low = 0;
  let high = LONGEST_SECONDS;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (at(middle, model, invalidations).entries > model.capacity) high = middle;
    else low = middle;
  }
  return { hitRatio: at(low, model, invalidations).hitRatio, idleSeconds: low };
}

/** Each key's invalidations a second: the writes of all that share its bucket. */
function perBucket({ writes, bucketOf }: CacheModel): Float64Array {
  const sums = new Map<number, number>();
  writes.forEach((rate, key) => {
    const bucket = bucketOf(key);
    sums.set(bucket, (sums.get(bucket) ?? 0) + rate);
  });
  return writes.map((_, key) => sums.get(bucketOf(key)) ?? 0);
}

/** Hits and stored entries if an entry stays `idle` seconds after it was last asked for. */
function at(idle: number, { reads }: CacheModel, invalidations: Float64Array) {
  let entries = 0;
  let hits = 0;
  let requests = 0;
  reads.forEach((read, key) => {
    const either = read + (invalidations[key] ?? 0);
    const within = 1 - Math.exp(-either * idle);
    const share = (read / either) * within;
    // Little's law: each hit prolongs an entry by the time since the former request, each miss
    // makes one that will be idle once.
    const betweenHits = within === 0 ? 0 : 1 / either - (idle * (1 - within)) / within;
    entries += read * (share * betweenHits + (1 - share) * idle);
    hits += read * share;
    requests += read;
  });
  return { entries, hitRatio: hits / requests };
}
