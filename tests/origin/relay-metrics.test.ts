import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { type OwnOrigin, originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";

/** Parts of their own: another origin's relay would deliver what this one cannot. */
let database: OwnDatabase;
let store: RunningRedis;
let redis: FaultProxy;
let origin: OwnOrigin;

beforeAll(async () => {
  [database, store] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
  const { hostname, port } = new URL(store.url);
  redis = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  origin = await startOwnOrigin({ DATABASE_URL: database.url, UPSTASH_REDIS_REST_URL: redis.url });
});
afterAll(async () => {
  await origin.stop();
  await redis.stop();
  await store.stop();
  await database.drop();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? "missing");
}

const backlog = async () => [
  await metric("gatehouse_outbox_undelivered_rows"),
  await metric("gatehouse_outbox_oldest_undelivered_age_seconds"),
];

test("a relay that cannot reach Redis shows how much waits, for how long, and how often it failed", async () => {
  await expect.poll(() => metric("gatehouse_relay_publication_age_seconds")).toBeLessThan(1);
  await expect.poll(backlog).toEqual([0, 0]);
  const failures = await metric("gatehouse_relay_failures_total");

  await redis.set({ kind: "refuse" });
  redis.sever();
  const send = originClient(await database.newTenant(), origin.url);
  for (const sku of ["1", "2", "3"]) {
    const { status } = await send("/v1/products", { method: "POST", body: { sku, name: randomUUID() } });
    expect(status).toBe(201);
  }
  await expect.poll(() => metric("gatehouse_relay_failures_total")).toBeGreaterThan(failures);
  await expect
    .poll(() => metric("gatehouse_relay_publication_age_seconds"), { timeout: 5_000 })
    .toBeGreaterThan(1);
  const [rows, ageSeconds] = await backlog();
  expect(rows).toBe(3);
  expect(ageSeconds).toBeGreaterThan(0.5);
  expect(ageSeconds).toBeLessThan(10);
  const ready = await fetch(`${origin.opsUrl}/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { checks: [{ ok: true }, { name: "redis", ok: false }, { name: "relay", required: false, ok: false }] },
  ]);

  await redis.set({ kind: "pass" });
  await expect.poll(backlog, { timeout: 5_000 }).toEqual([0, 0]);
  await expect.poll(() => metric("gatehouse_relay_publication_age_seconds")).toBeLessThan(1);
});

test("what cannot be measured is no number, and the rest is still shown", async () => {
  const postgres = await startFaultProxy({
    upstream: { host: "127.0.0.1", port: Number(new URL(database.url).port) },
  });
  const other = await startOwnOrigin({
    DATABASE_URL: postgres.through(database.url),
    UPSTASH_REDIS_REST_URL: store.url,
  });
  await postgres.set({ kind: "refuse" });
  postgres.sever();
  const text = await (await fetch(`${other.opsUrl}/metrics`)).text();
  await postgres.set({ kind: "pass" });
  await other.stop();
  await postgres.stop();
  expect(text).toMatch(/^gatehouse_outbox_undelivered_rows Nan$/m);
  expect(text).toMatch(/^gatehouse_database_pool_size\{pool="reads"\} 5$/m);
});
