import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SHARES } from "#edge/limit/lease.ts";
import { secondsQuota, world } from "./edges.ts";

/** What edges hold and nobody spends: the price of leasing (docs/quotas.md states the formula). */

const WINDOW_SECONDS = 60;

/** Edges that are asked at these rates for some seconds of one window, and then no more. */
async function withheld(limit: number, perSecond: readonly number[], seconds: number) {
  const { time, send, admitted, granted, asked } = world(
    secondsQuota(limit, WINDOW_SECONDS),
    perSecond.map((_, edge) => ({ delaysMs: [1 + edge * 3] })),
  );
  const requests = perSecond.flatMap((rate, edge) =>
    Array.from({ length: Math.floor(rate * seconds) }, (_, i) => ({ edge, at: (i * 1_000) / rate })),
  );
  for (const { edge, at } of requests.toSorted((a, b) => b.at - a.at)) send(edge, Math.floor(at), 1);
  await time.runOut();
  const [units = 0] = admitted.values();
  return { withheld: (await granted()) - units, admitted: units, sent: requests.length, asked: asked() };
}

describe("what leases withhold", () => {
  it("is a second of each edge's demand and one, and a sixteenth of what is left an edge", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        async (limit, perSecond, seconds) => {
          const one = await withheld(limit, perSecond, seconds);
          const shares = limit * (1 - (1 - 1 / SHARES) ** perSecond.length);
          expect(one.withheld).toBeGreaterThanOrEqual(0);
          expect(one.withheld).toBeLessThanOrEqual(shares);
          // While the pace is being learned, a batch may be for what a moment's burst looked like.
          const demand = perSecond.reduce((sum, rate) => sum + 2 * (rate + 1), 0);
          expect(one.withheld).toBeLessThanOrEqual(demand);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses nobody while the quota has more than that left", async () => {
    const one = await withheld(6_000, [20, 20, 20, 20, 20, 20, 20, 20], 30);
    expect(one.admitted).toBe(one.sent);
  });

  it.each([
    [1, 1_000],
    [10, 200],
    [1_000, 20],
  ])("is worth it: %d requests a second ask Redis for at most %d of 1,000", async (rate, most) => {
    const { asked, sent, admitted } = await withheld(100_000, [rate], Math.min(50, 20_000 / rate));
    expect(admitted).toBe(sent);
    expect((asked / sent) * 1_000).toBeLessThanOrEqual(most);
  });
});
