import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { originFlags } from "#scripts/local/start-command.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

/** A process whose event loop is blocked again and again, by 150 ms: more than lists are shed at, less than writes are. */

const SHED_DELAY_MS = "100";
const PATIENCE = { timeout: 30_000, interval: 100 };

let origin: OriginProcess;
let send: Send;

beforeAll(async () => {
  const stalling = new URL("../support/stalling.ts", import.meta.url);
  origin = await startOriginProcess({ ...stack().originVariables, SHED_DELAY_MS }, [
    ...originFlags(),
    `--import=${stalling.href}`,
  ]);
  send = originClient((await newTenant()).id, origin.url);
});
afterAll(async () => {
  origin.kill();
  await origin.ended;
});

const list = () => send("/v1/categories", { claims: { budgetMs: 30_000 } });
const write = () =>
  send("/v1/categories", {
    method: "POST",
    body: { name: `Shed ${randomUUID()}` },
    claims: { budgetMs: 30_000 },
  });

test("an origin whose event loop stalls sheds lists, not writes and probes, and serves lists again after Retry-After", async () => {
  await expect.poll(async () => (await list()).status, PATIENCE).toBe(200);
  process.kill(origin.pid, "SIGUSR2");
  await expect.poll(async () => (await list()).status, PATIENCE).toBe(503);
  const refused = await list();
  const [written, live, ready] = await Promise.all([
    write(),
    fetch(`${origin.opsUrl}/live`),
    fetch(`${origin.opsUrl}/ready`),
  ]);
  expect([refused.status, refused.json.code]).toEqual([503, "overloaded"]);
  expect([written.status, live.status, ready.status]).toEqual([201, 200, 200]);
  const metrics = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  expect(metrics).toMatch(/gatehouse_shed_requests_total\{reason="eventLoop",priority="list"\} [1-9]/);
  expect(metrics).not.toContain('priority="write"');

  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(30);
  process.kill(origin.pid, "SIGUSR2");
  await pause(seconds * 1000);
  await expect.poll(async () => (await list()).status, PATIENCE).toBe(200);
});
