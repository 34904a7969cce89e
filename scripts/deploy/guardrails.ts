/** Whether a new version may have more traffic. Pure: figures in, a verdict and its reasons out. */

/** What was seen of one version over the same time and the same kind of requests as of the other. */
export type Figures = {
  readonly requests: number;
  /** Answered with 5xx, or not at all. */
  readonly failures: number;
  /** Milliseconds. */
  readonly p95Ms: number;
};

/** What the business did a minute, before the deploy and now, over all versions. */
export type BusinessFigures = {
  readonly ordersBefore: number;
  readonly ordersNow: number;
};

export type Thresholds = {
  /** Fewer requests than this say nothing of a version. */
  readonly leastRequests: number;
  /** Share of failures that the new version may have beyond the old one's. */
  readonly moreFailures: number;
  /** Failures that are needed to speak of any: a single one is chance. */
  readonly leastFailures: number;
  /** The new version's p95 may be this many times the old one's... */
  readonly slowerTimes: number;
  /** ... and so many milliseconds: below, nobody notices. */
  readonly slowerMs: number;
  /** Orders a minute may fall to this share of before... */
  readonly leastOrders: number;
  /** ... where there were this many a minute to begin with. */
  readonly ordersThatCount: number;
};

/** docs/deploying.md states them. */
export const THRESHOLDS: Thresholds = {
  leastRequests: 200,
  moreFailures: 0.005,
  leastFailures: 3,
  slowerTimes: 1.5,
  slowerMs: 50,
  leastOrders: 0.7,
  ordersThatCount: 5,
};

export type Verdict =
  | { readonly kind: "go on" }
  /** Too little was seen to say. */
  | { readonly kind: "look longer"; readonly reason: string }
  | { readonly kind: "roll back"; readonly reasons: readonly string[] };

/** @param business null: not known, which holds nobody up */
export function judge(
  old: Figures,
  next: Figures,
  business: BusinessFigures | null,
  thresholds: Thresholds = THRESHOLDS,
): Verdict {
  const reasons = [
    failing(old, next, thresholds),
    slow(old, next, thresholds),
    ...(business === null ? [] : [fewerOrders(business, thresholds)]),
  ].filter((reason) => reason !== null);
  // What is bad is bad, however little was seen of it.
  if (reasons.length > 0) return { kind: "roll back", reasons };
  const { leastRequests } = thresholds;
  if (Math.min(old.requests, next.requests) >= leastRequests) return { kind: "go on" };
  return {
    kind: "look longer",
    reason: `${next.requests} requests of the new version and ${old.requests} of the old, of ${leastRequests} each`,
  };
}

/** @returns what is wrong; null: nothing */
export function failing(
  old: Figures,
  next: Figures,
  { moreFailures, leastFailures }: Thresholds = THRESHOLDS,
): string | null {
  const [before, now] = [shareOf(old), shareOf(next)];
  if (next.failures < leastFailures || now <= before + moreFailures) return null;
  return `${percent(now)} of the new version's requests fail, ${percent(before)} of the old one's`;
}

/** @returns what is wrong; null: nothing */
export function slow(
  old: Figures,
  next: Figures,
  { slowerTimes, slowerMs, leastRequests }: Thresholds = THRESHOLDS,
): string | null {
  // A quantile of a handful is one request's fate.
  if (Math.min(old.requests, next.requests) < leastRequests) return null;
  if (next.p95Ms <= old.p95Ms * slowerTimes || next.p95Ms <= old.p95Ms + slowerMs) return null;
  return `p95 is ${Math.round(next.p95Ms)} ms, the old version's ${Math.round(old.p95Ms)} ms`;
}

/** @returns what is wrong; null: nothing */
export function fewerOrders(
  { ordersBefore, ordersNow }: BusinessFigures,
  thresholds: Thresholds = THRESHOLDS,
): string | null {
  const { leastOrders, ordersThatCount } = thresholds;
  if (ordersBefore < ordersThatCount || ordersNow >= ordersBefore * leastOrders) return null;
  return `${ordersNow.toFixed(1)} orders a minute, ${ordersBefore.toFixed(1)} before`;
}

export function shareOf({ requests, failures }: Figures): number {
  return requests === 0 ? 0 : failures / requests;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
