import { expect, test } from "vitest";
import { afterFailure, longestPause, MAX_ATTEMPTS } from "#origin/resources/webhooks/schedule.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const HOUR_MS = 3_600_000;
const ALMOST_ONE = () => 1 - Number.EPSILON;

/** The pause after an attempt that failed, in seconds. */
function pauseSeconds(attempts: number, retryAfter: string | null, random: () => number): number {
  const next = afterFailure(attempts, retryAfter, NOW, random);
  return next.kind === "dead" ? Number.NaN : (next.at - NOW) / 1_000;
}

test.each([
  [1, 30],
  [2, 60],
  [3, 120],
  [6, 960],
  [10, 15_360],
  [11, 21_600],
  [17, 21_600],
])("after attempt %i the pause is anything up to %i s", (attempts, seconds) => {
  expect(longestPause(attempts)).toBe(seconds * 1_000);
  expect(pauseSeconds(attempts, null, () => 0)).toBe(0);
  expect(pauseSeconds(attempts, null, () => 0.5)).toBe(seconds / 2);
  expect(pauseSeconds(attempts, null, ALMOST_ONE)).toBeLessThanOrEqual(seconds);
});

test("after the last attempt there is no other", () => {
  expect(afterFailure(MAX_ATTEMPTS - 1, null, NOW, Math.random).kind).toBe("again");
  expect(afterFailure(MAX_ATTEMPTS, null, NOW, Math.random)).toEqual({ kind: "dead" });
  expect(afterFailure(MAX_ATTEMPTS, "60", NOW, Math.random)).toEqual({ kind: "dead" });
});

test("all attempts together take about a day, and at most two and a bit", () => {
  const pauses = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, at) => longestPause(at + 1));
  const longest = pauses.reduce((sum, pause) => sum + pause, 0);
  expect(longest / 2 / HOUR_MS).toBeGreaterThan(22);
  expect(longest / 2 / HOUR_MS).toBeLessThan(26);
});

test.each([
  ["120", 120],
  ["0", 1],
  ["9999999999", 21_600],
  ["Sat, 21 Nov 2026 12:05:00 GMT", 300],
  ["Sat, 21 Nov 2026 11:00:00 GMT", 1],
  ["Sat, 21 Nov 2099 11:00:00 GMT", 21_600],
])("Retry-After %s is heeded within bounds: %i s", (retryAfter, seconds) => {
  expect(pauseSeconds(1, retryAfter, Math.random)).toBe(seconds);
});

test.each(["", "-1", "1.5", "soon", "1e3", "2026-11-21T12:05:00Z", "Sat, 99 Nov 2026 12:05:00 GMT"])(
  "Retry-After %j is no instruction: the pause is our own",
  (retryAfter) => {
    expect(pauseSeconds(1, retryAfter, () => 0.5)).toBe(15);
  },
);
