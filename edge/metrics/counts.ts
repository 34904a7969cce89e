import type { OriginAttempt } from "../origin.ts";

/** Upper bounds in seconds, as at the origin. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Histogram = { readonly buckets: number[]; sum: number; count: number };
type Count = { n: number };

/**
 * What one isolate has counted since it began. Operations and outcomes come from the contract and closed tables,
 * so there are only so many counts. Once a count is there, a request costs two look-ups and an addition.
 */
export class Counts {
  readonly requests = new Map<string, Map<string, Count>>();
  /** By origin, then by what came of it. */
  readonly attempts = new Map<string, Map<string, Count>>();
  readonly durations = new Map<number, Histogram>();

  request(operation: string, outcome: string): void {
    count(this.requests, operation, outcome);
  }

  attempt({ origin, outcome, durationMs }: OriginAttempt): void {
    count(this.attempts, String(origin), outcome);
    const seconds = durationMs / 1000;
    const histogram = this.durations.get(origin) ?? {
      buckets: DURATION_BUCKETS.map(() => 0),
      sum: 0,
      count: 0,
    };
    this.durations.set(origin, histogram);
    for (const [i, bound] of DURATION_BUCKETS.entries()) {
      if (seconds <= bound) histogram.buckets[i] = (histogram.buckets[i] ?? 0) + 1;
    }
    histogram.sum += seconds;
    histogram.count++;
  }
}

function count(counts: Map<string, Map<string, Count>>, first: string, second: string): void {
  const known = counts.get(first)?.get(second);
  if (known !== undefined) {
    known.n++;
    return;
  }
  const inner = counts.get(first) ?? new Map<string, Count>();
  counts.set(first, inner.set(second, { n: 1 }));
}
