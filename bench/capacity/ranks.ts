/** Zipf's law over so many keys that they can only be looked at in groups of like rank. */

export type Ranks = {
  readonly count: number;
  /** Of all requests, each one of them. */
  readonly share: number;
};

/** Each group's last rank is at most this many times its first. */
const WIDTH = 1.25;

/** The popular ones singly, then in ever wider groups; shares add up to 1. */
export function zipfRanks(keys: number, exponent: number): Ranks[] {
  const groups: { count: number; weight: number }[] = [];
  for (let first = 1; first <= keys; ) {
    const last = Math.min(keys, Math.max(first, Math.floor(first * WIDTH)));
    groups.push({ count: last - first + 1, weight: weightOf(first, last, exponent) });
    first = last + 1;
  }
  const whole = groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.map(({ count, weight }) => ({ count, share: weight / whole / count }));
}

/** The sum of rank^-exponent: term by term where it is short, by the midpoint rule's integral where not. */
function weightOf(first: number, last: number, exponent: number): number {
  if (last - first < 1_000) {
    let sum = 0;
    for (let rank = first; rank <= last; rank++) sum += rank ** -exponent;
    return sum;
  }
  const [from, to] = [first - 0.5, last + 0.5];
  return exponent === 1
    ? Math.log(to / from)
    : (to ** (1 - exponent) - from ** (1 - exponent)) / (1 - exponent);
}
