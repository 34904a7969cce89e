import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { attemptCounter } from "#origin/attempts.ts";
import { createBreaker } from "#origin/breaker.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a Redis that fails is not waited for at every try: it is left alone, and tried again by one a second later", async () => {
  let asked = 0;
  let isAway = true;
  const answer = async () => {
    asked++;
    if (isAway) throw new Error("the operation timed out");
    return [7, 60_000];
  };
  // Its type says that whoever asks may name any result.
  const redis = { eval: answer } as unknown as Parameters<typeof attemptCounter>[0];
  const breaker = createBreaker({ isOutage: () => true });
  const count = attemptCounter(redis, breaker, Date.now);
  const tries: number[] = [];
  for (let n = 0; n < 12; n++) tries.push((await count("somebody", 60_000)).current);
  expect(tries).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect([asked, breaker.state()]).toEqual([5, "open"]);
  vi.advanceTimersByTime(1_000);
  isAway = false;
  expect((await count("somebody", 60_000)).current).toBe(7);
  expect([asked, breaker.state()]).toEqual([6, "closed"]);
});
