import { describe, expect, test } from "vitest";
import { type Figures, judge, type Verdict } from "#scripts/deploy/guardrails.ts";

const OLD: Figures = { requests: 1_000, failures: 0, p95Ms: 40 };
const QUIET = { ordersBefore: 0, ordersNow: 0 };

describe("a new version is given more traffic", () => {
  test.each<[string, Partial<Figures>, Partial<Figures>]>([
    ["as good as the old one", {}, {}],
    ["as bad as the old one", { failures: 50 }, { failures: 50 }],
    ["two failures, which are chance", {}, { requests: 200, failures: 2 }],
    ["0.5% more failures", {}, { failures: 5 }],
    ["twice as slow, but within 50 ms", {}, { p95Ms: 80 }],
    ["60 ms slower, but not by half", { p95Ms: 400 }, { p95Ms: 460 }],
  ])("%s", (_, old, next) => {
    expect(judge({ ...OLD, ...old }, { ...OLD, ...next }, QUIET)).toEqual({ kind: "go on" });
  });
});

describe("a new version is rolled back", () => {
  test.each<[string, Partial<Figures>, Partial<Figures>, RegExp]>([
    ["0.6% more failures", {}, { failures: 6 }, /^0\.6% of the new version's requests fail, 0\.0%/],
    ["three failures, however few were asked", {}, { requests: 10, failures: 3 }, /^30\.0%/],
    ["more failures than an old one that fails, too", { failures: 50 }, { failures: 60 }, /^6\.0%.*5\.0%/],
    ["slower by more than half and 50 ms", {}, { p95Ms: 91 }, /p95 is 91 ms, the old version's 40 ms/],
  ])("%s", (_, old, next, reason) => {
    const verdict = judge({ ...OLD, ...old }, { ...OLD, ...next }, QUIET);
    expect(reasonsOf(verdict)).toEqual([expect.stringMatching(reason)]);
  });

  test.each([
    [10, 6.9, 1],
    [10, 7, 0],
    [4, 0, 0],
  ])("%d orders a minute before, %d now: %d reasons", (ordersBefore, ordersNow, reasons) => {
    expect(reasonsOf(judge(OLD, OLD, { ordersBefore, ordersNow }))).toHaveLength(reasons);
  });

  test("for every reason there is", () => {
    const bad = { requests: 1_000, failures: 100, p95Ms: 900 };
    expect(reasonsOf(judge(OLD, bad, { ordersBefore: 10, ordersNow: 0 }))).toHaveLength(3);
  });
});

test.each<[Partial<Figures>, Partial<Figures>]>([
  [{}, { requests: 199 }],
  [{ requests: 199 }, {}],
  [{}, { requests: 0, p95Ms: Number.NaN }],
  [{}, { requests: 20, p95Ms: 5_000 }],
])("too little to say of %o and %o", (old, next) => {
  expect(judge({ ...OLD, ...old }, { ...OLD, ...next }, null).kind).toBe("look longer");
});

function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict.kind === "roll back" ? verdict.reasons : [];
}
