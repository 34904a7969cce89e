import { describe, expect, it } from "vitest";
import { backoffMs } from "#edge/upstream/backoff.ts";
import { retryAfter, type Situation } from "#edge/upstream/retry.ts";
import { RetryBudget } from "#edge/upstream/retry-budget.ts";

describe("the time before a retry", () => {
  it.each([
    [1, 0, 0],
    [1, 1, 50],
    [2, 1, 100],
    [2, 0.5, 50],
    [5, 1, 800],
    [9, 1, 1_000],
    [60, 1, 1_000],
  ])("before retry %i, when chance says %d, is %i ms", (retry, random, ms) => {
    expect(backoffMs(retry, random)).toBe(ms);
  });
});

describe("whether a request is tried again", () => {
  const lost: Situation = {
    outcome: { kind: "lost" },
    attempted: 1,
    isRepeatable: true,
    hasOther: false,
    isPatient: true,
    leftMs: 5_000,
    random: 1,
  };
  const busy = (retryAfterMs: number | null) => ({ outcome: { kind: "busy", retryAfterMs } }) as const;
  const slow = { outcome: { kind: "slow" }, isPatient: false } as const;
  const late = { outcome: { kind: "late" } } as const;

  it.each<[string, Partial<Situation>, number | null]>([
    ["a lost connection", {}, 50],
    ["a lost connection for the second time", { attempted: 2 }, 100],
    ["a lost connection for the third time", { attempted: 3 }, null],
    ["a lost connection when repeating may do harm", { isRepeatable: false }, null],
    ["a lost connection with too little time left", { leftMs: 149 }, null],
    ["a lost connection with just enough time left", { leftMs: 150 }, 50],
    ["an answer", { outcome: { kind: "answered" } }, null],
    ["a body that the client broke off", { outcome: { kind: "body-broken" } }, null],
    ["an answer of not now", busy(null), 50],
    ["an answer of not now that says at once", busy(0), 50],
    ["an answer that asks for time", busy(2_000), 2_050],
    ["an answer that asks for more time than there is", busy(5_000), null],
    ["an answer that asks for time where stale will do", { ...busy(2_000), isPatient: false }, null],
    ["no answer in time from the only origin", late, null],
    ["its own word that it was too slow from the only origin", slow, null],
    ["its own word that it was too slow while another origin answers", { ...slow, hasOther: true }, 50],
    ["no answer in time while another origin answers", { ...late, hasOther: true }, 50],
  ])("after %s", (_, changes, waitMs) => {
    expect(retryAfter({ ...lost, ...changes })).toBe(waitMs);
  });
});

describe("the budget of retries", () => {
  it("adds a tenth to the load, and ten at once", () => {
    const budget = new RetryBudget();
    let retries = 0;
    for (let request = 0; request < 1_000; request++) {
      budget.deposit();
      while (budget.withdraw()) retries++;
    }
    expect(retries).toBe(10 + 99);
  });

  it("saves up no more than ten in quiet times", () => {
    const budget = new RetryBudget();
    for (let request = 0; request < 1_000; request++) budget.deposit();
    const spent = Array.from({ length: 20 }, () => budget.withdraw());
    expect(spent.filter(Boolean)).toHaveLength(10);
  });
});
