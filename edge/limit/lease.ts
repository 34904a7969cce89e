/**
 * How many units of a quota the edge takes from Redis at once, and when it may spend them. Pure:
 * times are arguments, in milliseconds by one clock of the edge.
 */

/** Units taken from a client's window and not yet spent. */
export type Lease = {
  /** Units left to spend here. */
  units: number;
  /** Units that Redis had left for everyone when it was asked. */
  readonly remaining: number;
  /** The lease is void from here on: the window's end less a margin. */
  readonly voidAt: number;
  readonly grantedAt: number;
  /** What was asked for. */
  readonly batch: number;
};

/** What Redis answered: `granted` of what was wanted, and the time left in its window. */
export type Grant = { readonly granted: number; readonly remaining: number; readonly windowEndsInMs: number };

/** A lease ends this long before its window, for the time the last answer may spend on its way. */
const MARGIN_MS = 20;
/** A batch should last about this long. */
const TARGET_MS = 1_000;
/** No edge holds more than this share of a quota at once: what it withholds from the others. */
const MAX_SHARE = 1 / 10;

/** @param askedAt when the question left, so that the window's end is never placed too late */
export function leaseOf(grant: Grant, batch: number, askedAt: number): Lease {
  return {
    units: grant.granted,
    remaining: grant.remaining,
    voidAt: askedAt + grant.windowEndsInMs - MARGIN_MS,
    grantedAt: askedAt,
    batch,
  };
}

/** Whether the lease still has `cost` units at `now`. */
export function canSpend(lease: Lease, cost: number, now: number): boolean {
  return lease.units >= cost && now < lease.voidAt;
}

/**
 * The size of the next batch: what was spent of the last one, scaled to `TARGET_MS`, at most four
 * times as much, and never above the share of the quota that one edge may hold.
 */
export function nextBatch(last: Lease | null, cost: number, limit: number, now: number): number {
  if (last === null) return cost;
  const spent = last.batch - last.units;
  const elapsedMs = Math.max(1, now - last.grantedAt);
  const demand = Math.min(Math.ceil((spent * TARGET_MS) / elapsedMs), last.batch * 4);
  return Math.max(cost, Math.min(demand, Math.floor(limit * MAX_SHARE)));
}
