import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type FaultyOrigins, startFaultyOrigins } from "#tests/support/faulty-origins.ts";

/**
 * Many answers that are asked for all the time, each good for four seconds, and an outage in which all of
 * them go stale: what reaches the origin when it is back, against what reached it before.
 */
const KEYS = 100;
const REQUESTS_A_SECOND = 150;
const FRESH_SECONDS = 4;
const PAIRS = 5;
/** In the first of these seconds an origin that is back has the most to do. */
const WATCHED_MS = 3_000;

let rig: FaultyOrigins;
/** When each request reached the origin. */
const arrivals: number[] = [];
const statuses = new Map<number, number>();
let timer: ReturnType<typeof setInterval>;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** `/problems/<name>`: of no tenant, so that nothing but its age makes an answer another one. */
const pathOf = (key: number) =>
  `/problems/key-${[...String(key)].map((digit) => "abcdefghij"[Number(digit)]).join("")}`;
const arrivedWithin = (from: number, ms: number) =>
  arrivals.filter((at) => at >= from && at < from + ms).length;

async function ask(): Promise<void> {
  const answer = await fetch(rig.edge.url + pathOf(Math.floor(Math.random() * KEYS)));
  await answer.arrayBuffer();
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
}

beforeAll(async () => {
  rig = await startFaultyOrigins(1, { QUOTA_ANONYMOUS: "1000000000" });
  const [origin] = rig.origins;
  if (origin === undefined) return;
  origin.answer = ({ headers }) => {
    arrivals.push(performance.now());
    const fresh = { etag: '"1"', "gatehouse-fresh-for": String(FRESH_SECONDS) };
    return headers["if-none-match"] === '"1"'
      ? { status: 304, headers: fresh, body: "" }
      : { headers: fresh };
  };
  for (let key = 0; key < KEYS; key++) await fetch(rig.edge.url + pathOf(key));
  timer = setInterval(() => {
    for (let i = 0; i < REQUESTS_A_SECOND / 50; i++) ask().catch(() => undefined);
  }, 20);
});
afterAll(async () => {
  clearInterval(timer);
  await rig.stop();
});

/** Requests in the busiest second of those that began within a time. */
function busiestSecond(from: number, ms: number): number {
  const begins = arrivals.filter((at) => at >= from && at < from + ms);
  return Math.max(...begins.map((at) => arrivedWithin(at, 1_000)));
}

/** @returns requests a second: before the outage, and in the busiest second after it */
async function pair(): Promise<{ readonly steady: number; readonly back: number }> {
  const [proxy] = rig.proxies;
  // By chance alone the ages of the answers drift apart again; within one life each is renewed once.
  await pause(2 * FRESH_SECONDS * 1_000);
  const life = FRESH_SECONDS * 1_000;
  const steady = arrivedWithin(performance.now() - life, life) / FRESH_SECONDS;
  await proxy?.set({ kind: "refuse" });
  proxy?.sever();
  await pause(life + 1_000);
  const backAt = performance.now();
  await proxy?.set({ kind: "pass" });
  const first = await vi.waitUntil(() => arrivals.find((at) => at > backAt), {
    timeout: 5_000,
    interval: 10,
  });
  await pause(WATCHED_MS + 1_000);
  return { steady, back: busiestSecond(first, WATCHED_MS) };
}

it("gives an origin that is back at most twice what it got before, and loses no request", {
  timeout: 180_000,
}, async () => {
  const pairs: Awaited<ReturnType<typeof pair>>[] = [];
  for (let i = 0; i < PAIRS; i++) pairs.push(await pair());
  const ratios = pairs.map(({ steady, back }) => back / steady).sort((a, b) => a - b);
  expect(ratios[Math.floor(PAIRS / 2)], JSON.stringify(pairs)).toBeLessThanOrEqual(2);
  expect([...statuses.keys()]).toEqual([200]);
});
