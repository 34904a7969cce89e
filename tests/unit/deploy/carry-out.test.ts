import { describe, expect, test } from "vitest";
import { carryOut, type Effects } from "#scripts/deploy/carry-out.ts";
import type { Verdict } from "#scripts/deploy/guardrails.ts";
import { deployPlan, type Step } from "#scripts/deploy/plan.ts";

const PLAN = deployPlan("staging", { commit: "1a2b3c4", tag: "t", current: "old" }, "image");
const GOOD: Verdict = { kind: "go on" };

/** Carries the plan out with steps that fail as told, and keeps what was done. */
async function play(told: { failing?: string; verdicts?: readonly Verdict[]; isBackFailing?: boolean }) {
  const done: string[] = [];
  const verdicts = [...(told.verdicts ?? [])];
  const effects: Effects = {
    run: async ({ what }) => {
      done.push(what);
      return told.failing === undefined || !what.includes(told.failing);
    },
    check: async ({ what }) => {
      done.push(what);
      return verdicts.shift() ?? GOOD;
    },
    rollBack: async (reason) => {
      done.push(`back: ${reason}`);
      return told.isBackFailing !== true;
    },
    say: () => undefined,
  };
  return { outcome: await carryOut(PLAN, effects), done };
}

test("a deploy in which everything is right does every step once, in order", async () => {
  const { outcome, done } = await play({});
  expect(outcome).toBe("deployed");
  expect(done).toEqual(PLAN.map(({ what }) => what));
});

test("a gate that fails stops it before anything has changed, and nothing is rolled back", async () => {
  const { outcome, done } = await play({ failing: "vulnerabilities" });
  expect(outcome).toBe("refused");
  expect(done.some((what) => what.startsWith("back"))).toBe(false);
  expect(done.at(-1)).toContain("vulnerabilities");
});

const CHANGES = PLAN.filter(({ kind }) => kind === "change").map(({ what }) => what);
test.each(CHANGES)("a change that fails is rolled back, and nothing follows: %s", async (what) => {
  const { outcome, done } = await play({ failing: what });
  expect(outcome).toBe("rolled back");
  expect(done.slice(-2)).toEqual([what, `back: failed: ${what}`]);
});

describe("a check", () => {
  test("that finds something at 10% keeps the new version from 50%", async () => {
    const bad: Verdict = { kind: "roll back", reasons: ["5% fail", "slow"] };
    const { outcome, done } = await play({ verdicts: [GOOD, bad] });
    expect(outcome).toBe("rolled back");
    expect(done.at(-1)).toBe("back: 5% fail; slow");
    expect(done.join()).not.toContain("50%");
  });

  test("that has seen too little looks again, up to five times", async () => {
    const unsure: Verdict = { kind: "look longer", reason: "3 requests" };
    expect((await play({ verdicts: [unsure, unsure, GOOD] })).outcome).toBe("deployed");
    expect((await play({ verdicts: Array<Verdict>(5).fill(unsure) })).outcome).toBe("rolled back");
  });
});

test("a rollback that fails is not taken for one that did not", async () => {
  expect((await play({ failing: CHANGES[0] ?? "", isBackFailing: true })).outcome).toBe("rollback failed");
});

test("traffic goes to 10%, 50% and 100%, each with a check behind it, after the origin", () => {
  const words = PLAN.map((step: Step) => (step.kind === "gate" ? "gate" : step.what));
  const shift = (percent: number) => words.indexOf(`give it ${percent}% of the traffic`);
  expect(shift(10)).toBeGreaterThan(words.indexOf("wait for the origin"));
  expect([shift(10), shift(50), shift(100)]).toEqual([shift(10), shift(10) + 2, shift(10) + 4]);
  for (const percent of [10, 50, 100]) {
    expect(PLAN[shift(percent) + 1]).toMatchObject({ kind: "check", percent });
  }
});

test("the first version of all has all traffic at once: there is no other", () => {
  const plan = deployPlan("staging", { commit: "1a2b3c4", tag: "t", current: null }, "image");
  expect(
    plan.filter(({ kind }) => kind === "check").map((step) => step.kind === "check" && step.percent),
  ).toEqual([0, 100]);
});
