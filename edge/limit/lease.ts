/**
 * How many units of a quota the edge takes from Redis at once, and when it may spend them. Pure:
 * times are arguments, in milliseconds by one clock of the edge.
 */

/** Units taken from one window of a client's quota and not yet spent. */
export type Lease = {
  /** Which window, by Redis's count: units never move to another. */
  readonly window: number;
  /** Units left to spend here. */
  units: number;
  /** Units that Redis had left for everyone when it was last asked. */
  remaining: number;
  /** The lease is void from here on: the window's end less a margin. */
  voidAt: number;
  /** The clock's last reading. An earlier one now means that the clock was set back. */
  seenAt: number;
};

/** What Redis answered: `granted` units of a window, what it has left, and when the window ends. */
export type Grant = {
  readonly window: number;
  readonly granted: number;
  readonly remaining: number;
  readonly windowEndsInMs: number;
};

/** What a client was seen to spend since Redis was last asked for it. */
export type Demand = {
  readonly spent: number;
  readonly since: number;
  /** What was last asked for; 0 when nothing was yet. */
  readonly batch: number;
};

/**
 * A lease ends this long before its window. The end is counted from when the question left, so the
 * answer's way is no part of it: this is for a clock that stands still while a Worker computes, and
 * for what two clocks drift apart in one window (200 ppm of a minute are 12 ms).
 */
export const MARGIN_MS = 20;
/** An edge holds at most one part in so many of what is left, unless more requests wait for it. */
export const SHARES = 16;
/** A batch should last about this long. */
const TARGET_MS = 1_000;
const MAX_GROWTH = 4;
/** Redis is asked for more once this part of a batch is left, so that nobody has to wait for it. */
const LOW = 1 / 4;

/**
 * The lease after a grant: more units in the same window, or another window's.
 * @param askedAt when the question left, so that the window's end is never placed too late
 */
export function withGrant(held: Lease | null, grant: Grant, askedAt: number): Lease {
  const { window, granted, remaining, windowEndsInMs } = grant;
  const voidAt = askedAt + windowEndsInMs - MARGIN_MS;
  // An answer that was overtaken by a later window's: what it granted is void.
  if (held !== null && window < held.window) return held;
  if (held === null || window > held.window) {
    return { window, units: granted, remaining, voidAt, seenAt: askedAt };
  }
  held.units += granted;
  held.remaining = remaining;
  // By the clock as it is now, should it have been set meanwhile.
  held.voidAt = voidAt;
  held.seenAt = askedAt;
  return held;
}

export function isVoid({ voidAt, seenAt }: Lease, now: number): boolean {
  return now >= voidAt || now < seenAt;
}

/** Whether the lease has `cost` units at `now`. */
export function canSpend(lease: Lease, cost: number, now: number): boolean {
  return lease.units >= cost && !isVoid(lease, now);
}

/** Redis has no `cost` units left in this window either, so it need not be asked. */
export function isSpentUp(lease: Lease, cost: number, now: number): boolean {
  return lease.units + lease.remaining < cost && !isVoid(lease, now);
}

/**
 * The size of the next batch: what the client spends in a second, and one; at most four times the
 * last one, and never below the cost of the request that asks.
 */
export function nextBatch({ spent, since, batch }: Demand, cost: number, now: number): number {
  const elapsedMs = Math.max(1, now - since);
  const demand = Math.ceil((spent * TARGET_MS) / elapsedMs) + 1;
  return Math.max(cost, Math.min(demand, batch * MAX_GROWTH));
}

/**
 * Whether to ask for more before the lease is empty. Not for a client that was seen once, and not
 * when so little is left for everyone that what is held here would be missed elsewhere.
 */
export function isLow({ units, remaining }: Lease, { batch }: Demand, cost: number): boolean {
  const target = Math.min(batch, Math.floor(remaining / SHARES));
  return target > cost && units <= target * LOW;
}

/** Whole seconds until the window ends, for headers. */
export function resetSeconds({ voidAt }: Lease, now: number): number {
  return Math.max(1, Math.ceil((voidAt + MARGIN_MS - now) / 1000));
}
