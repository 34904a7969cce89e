import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { redisSnapshots, snapshotOf } from "#edge/cache/read-snapshot.ts";
import { connect } from "#origin/db/client.ts";
import { redisPublisher } from "#origin/relay/publish.ts";
import { readUndelivered } from "#origin/relay/store.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { listField } from "#shared/freshness.ts";
import { originClient } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/** Postgres replaced, or put back to an earlier state, under a Redis that kept its data. */

const TOKEN = "development-".padEnd(40, "0");
const TENANT = "0190a7c0-0000-7000-8000-00000000000a";
const LIST = listField("products");

let running: RunningRedis;
let redis: Redis;
beforeAll(async () => {
  running = await startRedis({ token: TOKEN });
  redis = new Redis({ url: running.url, token: TOKEN, retry: false, enableAutoPipelining: false });
});
beforeEach(() => redis.flushall());
afterAll(() => running.stop());

/** One write of the tenant's, published as version `version` when the watermark was `watermark`. */
const publish = (database: string, watermark: number, version: number) => {
  const itemId = "0190a7c0-0000-7000-8000-000000000001";
  const rows = [{ id: 1, tenantId: TENANT, collection: "products", itemId, xid: String(watermark - 1) }];
  const moment = { rows, watermark: String(watermark), next: String(watermark), database };
  return redisPublisher(redis)(moment, String(version));
};
const look = (tenantId: string) => redisSnapshots(redis, Date.now)(tenantId);
const seen = async () => {
  const { versions, watermark } = snapshotOf(await look(TENANT));
  return { key: versions(LIST), watermark };
};

test("a publication that comes late changes nothing", async () => {
  await publish("one", 200, 20);
  const before = await seen();
  const late = { rows: [], watermark: "100", next: "200", database: "one" };
  await redisPublisher(redis)(late, "10");
  expect(await seen()).toEqual(before);
});

test("another database begins a new era, though its numbers are lower", async () => {
  await publish("one", 2_638, 442);
  const before = await seen();
  await publish("two", 774, 1);
  const after = await seen();
  expect(after.watermark).toBe(774);
  expect(after.key).not.toBe(before.key);
  await publish("two", 775, 2);
  expect((await seen()).key).not.toBe(after.key);
});

test("a database that was put back begins a new era, and each write counts again", async () => {
  await publish("one", 2_638, 442);
  const keys = new Set([(await seen()).key]);
  for (const [watermark, version] of [
    [774, 440],
    [775, 441],
    [776, 442],
  ] as const) {
    await publish("one", watermark, version);
    keys.add((await seen()).key);
  }
  expect(keys.size).toBe(4);
  expect((await seen()).watermark).toBe(776);
});

test("versions that only an edge has asked for are born in the era, and stay what they are", async () => {
  await publish("one", 100, 1);
  const { versions } = snapshotOf(await look("0190a7c0-0000-7000-8000-00000000000b"));
  const again = snapshotOf(await look("0190a7c0-0000-7000-8000-00000000000b"));
  expect(again.versions(LIST)).toBe(versions(LIST));
});

test("a server that started anew begins a new era, though it has given out more ids than it lost", async () => {
  await publish("cluster.database.1", 2_638, 442);
  const before = await seen();
  await publish("cluster.database.2", 2_700, 17);
  const after = await seen();
  expect(after.key).not.toBe(before.key);
  expect(after.watermark).toBe(2_700);
});

test("the relay names the start of the server that it reads from", async () => {
  const connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
  const { database } = await connections.own((db) => db.transaction(readUndelivered));
  await connections.close(1);
  const [row] =
    await owner()`select (extract(epoch from pg_postmaster_start_time()) * 1000000)::text as start`;
  expect(database.split(".").at(-1)).toBe(String(row?.["start"]).split(".")[0]);
});

test("a write names the history that the relay names, so that their numbers can be compared", async () => {
  const connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
  const { database } = await connections.own((db) => db.transaction(readUndelivered));
  await connections.close(1);
  const send = originClient((await newTenant()).id);
  for (const name of ["Lamps", "Chairs"]) {
    const { headers } = await send("/v1/categories", { method: "POST", body: { name } });
    expect(headers.get("gatehouse-history")).toBe(database);
  }
});

test("an edge knows the history by what the relay published, and when it was first told", async () => {
  const before = Date.now();
  await publish("one", 200, 20);
  const one = snapshotOf(await look(TENANT));
  await publish("one", 201, 21);
  const later = snapshotOf(await look(TENANT));
  expect([later.history, later.historyBeganAt]).toEqual([one.history, one.historyBeganAt]);
  expect(Math.abs(one.historyBeganAt - before)).toBeLessThan(5_000);
  await publish("two", 10, 1);
  expect(snapshotOf(await look(TENANT)).history).not.toBe(one.history);
});

test("an edge that asks before any relay knows no history", async () => {
  expect(snapshotOf(await look(TENANT)).historyBeganAt).toBe(0);
});
