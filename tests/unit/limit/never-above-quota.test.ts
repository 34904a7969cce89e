import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secondsQuota, world } from "./edges.ts";

const delays = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })), {
  minLength: 1,
  maxLength: 12,
});
const edge = fc.record({
  offsetMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
  driftPpm: fc.integer({ min: -200, max: 200 }),
  tickMs: fc.integer({ min: 1, max: 15 }),
  delaysMs: delays,
  losses: fc.array(fc.constantFrom("none", "none", "none", "question", "answer"), {
    minLength: 1,
    maxLength: 8,
  }),
});
/** Bunched around the windows' ends as often as not. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: 3_500 }),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -60, max: 60 }))
    .map(([s, ms]) => s * 1_000 + ms),
);
const request = fc.record({
  edge: fc.nat(7),
  atMs: moment,
  cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 })),
  burst: fc.integer({ min: 1, max: 12 }),
  refundAfterMs: fc.option(fc.integer({ min: 0, max: 1_500 }), { nil: undefined, freq: 4 }),
});
const stream = fc.record({
  edge: fc.nat(7),
  everyMs: fc.integer({ min: 2, max: 60 }),
  refundAfterMs: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined, freq: 4 }),
});

describe("several edges that lease one quota", () => {
  it("admit no more than it in any window of Redis's clock, whatever is late or lost", async () => {
    let admissions = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(edge, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(request, { minLength: 1, maxLength: 30 }),
        fc.array(stream, { maxLength: 4 }),
        async (edges, limit, requests, streams) => {
          const { time, send, admitted, outcomes } = world(secondsQuota(limit, 1), edges);
          for (const { edge, atMs, cost, burst, refundAfterMs } of requests) {
            for (let i = 0; i < burst; i++) send(edge % edges.length, atMs + i * 3, cost, refundAfterMs);
          }
          for (const { edge, everyMs, refundAfterMs } of streams) {
            for (let at = 0; at < 2_200; at += everyMs) send(edge % edges.length, at, 1, refundAfterMs);
          }
          await time.runOut();
          admissions += outcomes.admitted;
          for (const units of admitted.values()) expect(units).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 150 },
    );
    expect(admissions).toBeGreaterThan(1_000);
  });

  it.each([[600], [6_000]])(
    "admit at least 0.97 of %d a minute at three times as much demand over eight edges",
    async (limit) => {
      const edges = Array.from({ length: 8 }, (_, i) => ({ delaysMs: [5 + i * 10], offsetMs: i * 777 }));
      const { time, send, admitted } = world(secondsQuota(limit, 60), edges);
      const overload = 3 * limit;
      const windowMs = 60_000;
      const first = windowMs - (time.now() % windowMs);
      for (let i = overload - 1; i >= 0; i--) send(i % 8, first + (i * windowMs) / overload, 1);
      await time.runOut();
      const [units = 0] = admitted.values();
      expect(units).toBeLessThanOrEqual(limit);
      expect(units / limit).toBeGreaterThanOrEqual(0.97);
    },
  );
});
