import { describe, expect, test } from "vitest";
import { contract } from "#shared/contract.ts";
import { lineLevel, messageOf, slowThresholds } from "#shared/request-line.ts";
import { isSampled } from "#shared/sampling.ts";

describe("sampling by an id", () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `request-${String(i).padStart(8, "0")}`);

  test("takes about the share that was asked for, also of ids that differ in one digit", () => {
    for (const permille of [1, 10, 100, 500, 999]) {
      const share = (ids.filter((id) => isSampled(id, permille)).length / ids.length) * 1000;
      expect(Math.abs(share - permille)).toBeLessThan(2 + permille * 0.1);
    }
  });

  test("takes all at 1000, and none at 0", () => {
    expect(ids.every((id) => isSampled(id, 1000))).toBe(true);
    expect(ids.some((id) => isSampled(id, 0))).toBe(false);
  });

  test("takes with a larger share whatever it takes with a smaller one", () => {
    const few = ids.filter((id) => isSampled(id, 50));
    expect(few.every((id) => isSampled(id, 60))).toBe(true);
  });
});

describe("how a request is logged", () => {
  const level = (status: number | null, isSlow = false) => lineLevel(status, isSlow, "request-1", 0);

  test("successes are sampled", () => {
    for (const status of [200, 201, 204, 304, 308]) {
      expect(level(status)).toBeNull();
      expect(lineLevel(status, false, "request-1", 1000)).toBe("info");
    }
  });

  test("failures of either side, aborted and slow requests are logged whatever the share", () => {
    expect([level(400), level(429), level(null)]).toEqual(["info", "info", "info"]);
    expect([level(500), level(503), level(503, true)]).toEqual(["error", "error", "error"]);
    expect([level(200, true), level(404, true), level(null, true)]).toEqual(["warn", "warn", "warn"]);
  });

  test("the message says which are slow", () => {
    expect([messageOf(false), messageOf(true)]).toEqual(["request", "slow request"]);
  });
});

describe("a request is slow", () => {
  test("after a fifth of its route's budget", () => {
    const slowAfterMs = slowThresholds(contract, 0);
    for (const [id, { budgetMs }] of Object.entries(contract)) expect(slowAfterMs(id)).toBe(budgetMs / 5);
    expect(slowAfterMs(null)).toBe(1_000);
  });

  test("after what was configured for all, where something was", () => {
    const slowAfterMs = slowThresholds(contract, 250);
    expect([slowAfterMs("getMe"), slowAfterMs(null)]).toEqual([250, 250]);
  });
});
