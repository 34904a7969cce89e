/** Zipf's law: the key of rank k (1 the most popular) is asked for in proportion to 1 / k^exponent. */

/** Each key's share of all requests, the most popular first. */
export function zipfShares(keys: number, exponent: number): Float64Array {
  const shares = Float64Array.from({ length: keys }, (_, index) => (index + 1) ** -exponent);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** @returns what draws an index from 0 (the most popular) on */
export function zipfSampler(keys: number, exponent: number, random: () => number): () => number {
  let sum = 0;
  const upTo = zipfShares(keys, exponent).map((share) => {
    sum += share;
    return sum;
  });
  return function draw() {
    const wanted = random() * sum;
    let low = 0;
    let high = keys - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 1) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32), so that two runs ask for the same. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return function random() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
