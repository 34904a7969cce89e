import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ASSERTION_LIFETIME_SECONDS } from "#shared/identity.ts";
import { FRESH_SECONDS } from "#tests/faults/edge/brief-answers.ts";
import { type FaultyOrigins, startFaultyOrigins } from "#tests/support/faulty-origins.ts";

/**
 * Many answers that are asked for all the time, each good for four seconds, and an outage in which all of
 * them go stale: what reaches the origin when it is back, against what reached it before.
 */
const KEYS = 100;
const REQUESTS_A_SECOND = 150;
const PAIRS = 5;
/** In the first of these an origin that is back has the most to do. */
const WATCHED_SECONDS = 4;

let rig: FaultyOrigins;
/**
 * How many requests were sent to the origin in each second since the epoch, by the edge's clock, which each tells in
 * its assertion: by this process's, what has piled up while the machine was busy would all come at one moment.
 */
const sent = new Map<number, number>();
const statuses = new Map<number, number>();
let timer: ReturnType<typeof setInterval>;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** `/problems/<name>`: of no tenant, so that nothing but its age makes an answer another one. */
const pathOf = (key: number) =>
  `/problems/key-${[...String(key)].map((digit) => "abcdefghij"[Number(digit)]).join("")}`;
const second = () => Math.floor(Date.now() / 1_000);
/** How many in each of so many seconds. */
const sentFrom = (from: number, seconds: number) =>
  Array.from({ length: seconds }, (_, i) => sent.get(from + i) ?? 0);

async function ask(): Promise<void> {
  const answer = await fetch(rig.edge.url + pathOf(Math.floor(Math.random() * KEYS)));
  await answer.arrayBuffer();
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
}

beforeAll(async () => {
  rig = await startFaultyOrigins(1, { QUOTA_ANONYMOUS: "1000000000" }, "tests/faults/edge/brief-worker.ts");
  const [origin] = rig.origins;
  if (origin === undefined) return;
  origin.answer = ({ headers, assertion }) => {
    const at = (assertion?.exp ?? 0) - ASSERTION_LIFETIME_SECONDS;
    sent.set(at, (sent.get(at) ?? 0) + 1);
    const validator = { etag: '"1"' };
    return headers["if-none-match"] === '"1"'
      ? { status: 304, headers: validator, body: "" }
      : { headers: validator };
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

/** @returns requests a second: before the outage, and in the busiest second after it */
async function pair(): Promise<{ readonly steady: number; readonly back: number }> {
  const [proxy] = rig.proxies;
  // By chance alone the ages of the answers drift apart again; within one life each is renewed once.
  await pause(2 * FRESH_SECONDS * 1_000);
  const before = sentFrom(second() - FRESH_SECONDS, FRESH_SECONDS);
  const steady = before.reduce((sum, count) => sum + count, 0) / FRESH_SECONDS;
  await proxy?.set({ kind: "refuse" });
  proxy?.sever();
  await pause((FRESH_SECONDS + 1) * 1_000);
  const backAt = second() + 1;
  await proxy?.set({ kind: "pass" });
  const first = await vi.waitUntil(() => [...sent.keys()].find((at) => at >= backAt), {
    timeout: 5_000,
    interval: 10,
  });
  await pause((WATCHED_SECONDS + 1) * 1_000);
  return { steady, back: Math.max(...sentFrom(first - 1, WATCHED_SECONDS + 1)) };
}

it("gives an origin that is back at most twice what it got before, and loses no request", {
  timeout: 180_000,
}, async () => {
  const pairs: Awaited<ReturnType<typeof pair>>[] = [];
  for (let i = 0; i < PAIRS; i++) pairs.push(await pair());
  const ratios = pairs.map(({ steady, back }) => back / steady).sort((a, b) => a - b);
  process.stdout.write(`Requests a second before and after: ${JSON.stringify(pairs)}\n`);
  expect(ratios[Math.floor(PAIRS / 2)], JSON.stringify(pairs)).toBeLessThanOrEqual(2);
  expect([...statuses.keys()]).toEqual([200]);
});
