import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canSpend, isLow, isSpentUp, nextBatch, resetSeconds, withGrant } from "#edge/limit/lease.ts";

const grant = { window: 7, granted: 10, remaining: 90, windowEndsInMs: 5_000 };

describe("a lease", () => {
  it("is void before its window ends, counted from when the question left", () => {
    const lease = withGrant(null, grant, 1_000);
    expect(canSpend(lease, 1, 5_979)).toBe(true);
    expect(canSpend(lease, 1, 5_980)).toBe(false);
  });

  it("is not spent for more than it holds", () => {
    const lease = withGrant(null, grant, 0);
    expect(canSpend(lease, 10, 1)).toBe(true);
    expect(canSpend(lease, 11, 1)).toBe(false);
  });

  it("is void when the clock was set back, until Redis has been asked again", () => {
    const lease = withGrant(null, grant, 1_000);
    expect(canSpend(lease, 1, 999)).toBe(false);
    const again = withGrant(lease, { ...grant, windowEndsInMs: 4_000 }, 500);
    expect(canSpend(again, 20, 501)).toBe(true);
    expect(canSpend(again, 1, 4_480)).toBe(false);
  });

  it("grows by what the same window grants", () => {
    const lease = withGrant(
      withGrant(null, grant, 0),
      { ...grant, granted: 5, remaining: 60, windowEndsInMs: 4_000 },
      1_000,
    );
    expect(lease).toMatchObject({ units: 15, remaining: 60, voidAt: 4_980 });
  });

  it("carries nothing into the next window, and takes nothing from the last", () => {
    const lease = withGrant(null, grant, 0);
    expect(withGrant(lease, { ...grant, window: 8, granted: 3 }, 5_100).units).toBe(3);
    expect(withGrant(lease, { ...grant, window: 6, granted: 3 }, 5_100)).toBe(lease);
  });

  it("is spent up only when Redis has not enough either", () => {
    const lease = withGrant(null, { ...grant, granted: 2, remaining: 3 }, 0);
    expect(isSpentUp(lease, 5, 1)).toBe(false);
    expect(isSpentUp(lease, 6, 1)).toBe(true);
    expect(isSpentUp(lease, 6, 4_980)).toBe(false);
  });

  it("says in whole seconds when the window ends, and never none", () => {
    const lease = withGrant(null, grant, 0);
    expect(resetSeconds(lease, 1_001)).toBe(4);
    expect(resetSeconds(lease, 4_999)).toBe(1);
    expect(resetSeconds(lease, 9_000)).toBe(1);
  });
});

describe("the next batch", () => {
  it("starts with what the request costs", () => {
    expect(nextBatch({ spent: 0, since: 0, batch: 0 }, 3, 0)).toBe(3);
  });

  it("grows to a second of demand and one more, fourfold at most", () => {
    expect(nextBatch({ spent: 10, since: 0, batch: 10 }, 1, 500)).toBe(21);
    expect(nextBatch({ spent: 10, since: 0, batch: 10 }, 1, 10)).toBe(40);
  });

  it("shrinks when the last one lasted longer than a second", () => {
    expect(nextBatch({ spent: 100, since: 0, batch: 100 }, 1, 10_000)).toBe(11);
  });

  it("is never below the cost, above a second of demand, nor above four times the last", () => {
    const number = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(
        number,
        number,
        fc.integer({ min: 1, max: 50 }),
        number,
        (spent, batch, cost, elapsedMs) => {
          const next = nextBatch({ spent, since: 0, batch }, cost, elapsedMs);
          const demand = Math.ceil((spent * 1_000) / Math.max(1, elapsedMs)) + 1;
          expect(next).toBeGreaterThanOrEqual(cost);
          expect(next).toBeLessThanOrEqual(Math.max(cost, Math.min(demand, batch * 4)));
        },
      ),
    );
  });
});

describe("asking ahead", () => {
  const lease = (units: number, remaining: number) =>
    withGrant(null, { ...grant, granted: units, remaining }, 0);

  it("begins when a quarter of a batch is left", () => {
    const demand = { spent: 75, since: 0, batch: 100 };
    expect(isLow(lease(26, 10_000), demand, 1)).toBe(false);
    expect(isLow(lease(25, 10_000), demand, 1)).toBe(true);
  });

  it("is not for a client that was seen once", () => {
    expect(isLow(lease(0, 10_000), { spent: 1, since: 0, batch: 1 }, 1)).toBe(false);
  });

  it("ends when little is left for everyone", () => {
    const demand = { spent: 100, since: 0, batch: 100 };
    expect(isLow(lease(2, 160), demand, 1)).toBe(true);
    expect(isLow(lease(3, 160), demand, 1)).toBe(false);
    expect(isLow(lease(0, 31), demand, 1)).toBe(false);
  });
});
