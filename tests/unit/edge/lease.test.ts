import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canSpend, leaseOf, nextBatch } from "#edge/limit/lease.ts";

const grant = { granted: 10, remaining: 90, windowEndsInMs: 5_000 };

describe("a lease", () => {
  it("is void before its window ends, counted from when the question left", () => {
    const lease = leaseOf(grant, 10, 1_000);
    expect(canSpend(lease, 1, 5_979)).toBe(true);
    expect(canSpend(lease, 1, 5_980)).toBe(false);
  });

  it("is not spent for more than it holds", () => {
    const lease = leaseOf(grant, 10, 0);
    expect(canSpend(lease, 10, 1)).toBe(true);
    expect(canSpend(lease, 11, 1)).toBe(false);
  });
});

describe("the next batch", () => {
  it("starts with what the request costs", () => {
    expect(nextBatch(null, 3, 6_000, 0)).toBe(3);
  });

  it("grows to about a second of demand, fourfold at most", () => {
    const spent = { ...leaseOf({ ...grant, granted: 10 }, 10, 0), units: 0 };
    expect(nextBatch(spent, 1, 6_000, 500)).toBe(20);
    expect(nextBatch(spent, 1, 6_000, 10)).toBe(40);
  });

  it("shrinks when the last one lasted longer than a second", () => {
    const spent = { ...leaseOf({ ...grant, granted: 100 }, 100, 0), units: 0 };
    expect(nextBatch(spent, 1, 6_000, 10_000)).toBe(10);
  });

  it("is never below the cost nor, if that allows, above a tenth of the quota", () => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.integer({ min: 1, max: 10_000 }),
          left: fc.integer({ min: 0, max: 10_000 }),
          cost: fc.integer({ min: 1, max: 50 }),
          limit: fc.integer({ min: 1, max: 100_000 }),
          elapsedMs: fc.integer({ min: 0, max: 120_000 }),
        }),
        ({ batch, left, cost, limit, elapsedMs }) => {
          const last = { ...leaseOf(grant, batch, 0), units: Math.min(left, batch) };
          const next = nextBatch(last, cost, limit, elapsedMs);
          expect(next).toBeGreaterThanOrEqual(cost);
          expect(next).toBeLessThanOrEqual(Math.max(cost, limit / 10));
        },
      ),
    );
  });
});
