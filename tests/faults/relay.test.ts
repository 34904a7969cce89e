import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { redisSnapshots } from "#edge/cache/read-snapshot.ts";
import type { Snapshot } from "#edge/cache/snapshot.ts";
import { connect } from "#origin/db/client.ts";
import { createLogger } from "#origin/log.ts";
import { redisPublisher } from "#origin/relay/publish.ts";
import { type Relay, startRelay } from "#origin/relay/relay.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { itemField, listField } from "#shared/freshness.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { type RedisGate, startRedisGate } from "#tests/support/redis-gate.ts";
import { stack } from "#tests/support/stack.ts";

/** The relay by itself, between a Postgres and a Redis that are lost at every message, seen as edges see it. */
let database: OwnDatabase;
let postgres: FaultProxy;
let redis: RunningRedis;
let gate: RedisGate;
let tenantId: string;

beforeAll(async () => {
  [database, redis] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
  const { hostname, port } = new URL(database.url);
  postgres = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  gate = await startRedisGate(redis.url);
  tenantId = await database.newTenant();
});
afterAll(async () => {
  await postgres.stop();
  await gate.stop();
  await redis.stop();
  await database.drop();
});

const redisAt = (url: string) =>
  new Redis({ token: redis.token, url, retry: false, enableTelemetry: false, enableAutoPipelining: false });

type Running = Relay & { readonly end: () => Promise<void> };

function start(databaseUrl = postgres.through(database.url)): Running {
  const connections = connect({ url: databaseUrl, poolSize: 1, applicationName: "test" });
  const publish = redisPublisher(redisAt(gate.url));
  const relay = startRelay({ connections, publish, log: createLogger("silent"), now: Date.now });
  return {
    ...relay,
    end: async () => {
      await relay.stop();
      await connections.close(1);
    },
  };
}

/** @returns the transaction's id */
async function write(itemId: string): Promise<number> {
  const [row] = await database.sql`insert into outbox (tenant_id, collection, item_id)
    values (${tenantId}, 'products', ${itemId}) returning xid::text`;
  return Number(row?.["xid"]);
}

const look = () => redisSnapshots(redisAt(redis.url))(tenantId);

/** Versions by size: the part that the relay draws. */
const drawn = (snapshot: Snapshot, field: string) => Number(snapshot.versions(field).split(".")[1]);

/** Waits until an edge sees a write, no longer than the promise has it. */
function delivered(running: Running, before: Snapshot, itemId: string): Promise<void> {
  return vi.waitFor(
    async () => {
      running.wake();
      const after = await look();
      for (const field of [itemField("products", itemId), listField("products")]) {
        expect(drawn(after, field)).toBeGreaterThan(drawn(before, field));
      }
      expect(await database.sql`select from outbox where delivered_at is null`).toHaveLength(0);
    },
    { timeout: 2_000, interval: 20 },
  );
}

/** The watermark waits for every transaction of the cluster, those of other tests included. */
const passed = (xid: number): Promise<void> =>
  vi.waitFor(async () => expect((await look()).watermark).toBeGreaterThan(xid), { timeout: 20_000 });

/** More than a relay sends or is sent from its first connection to the end of its first delivery. */
const MANY = 200;

test.each([
  ["any message of the client", "client", 1],
  // An answer is one of several messages, all of which come at once.
  ["every third message of the server", "server", 3],
] as const)(
  "no write is lost when the connection to Postgres is cut before %s",
  async (_which, from, step) => {
    let cuts = 0;
    let last = 0;
    for (let at = 1; at <= MANY; at += step) {
      const itemId = randomUUID();
      const before = await look();
      last = await write(itemId);
      let wasCut = false;
      const when = (_: unknown, count: number) => {
        wasCut ||= count === at;
        return count === at;
      };
      await postgres.set({ kind: "cut", from, at: "before", when });
      const running = start();
      await delivered(running, before, itemId);
      await postgres.set({ kind: "pass" });
      await running.end();
      if (!wasCut) break;
      cuts++;
    }
    const running = start();
    await passed(last);
    await running.end();
    expect(cuts).toBeGreaterThan(15);
    expect(cuts * step).toBeLessThan(MANY);
  },
  60_000,
);

test.each([
  ["its request to Redis", "before"],
  ["the answer of Redis", "after"],
] as const)("no write is lost when %s is", async (_what, side) => {
  const itemId = randomUUID();
  const before = await look();
  const xid = await write(itemId);
  let lost = 0;
  gate[side] = () => (++lost <= 2 ? "reset" : "pass");
  const running = start();
  await delivered(running, before, itemId);
  gate[side] = () => "pass";
  await passed(xid);
  await running.end();
  expect(lost).toBeGreaterThan(2);
});

test("two at once, one of which loses its connection all the time, lose and rewind nothing", async () => {
  const steady = start(database.url);
  const unlucky = start();
  const items = Array.from({ length: 300 }, () => randomUUID());
  let latest = await look();
  let last = 0;
  for (const [index, itemId] of items.entries()) {
    last = await write(itemId);
    (index % 2 === 0 ? steady : unlucky).wake();
    if (index % 7 === 0) postgres.sever();
    if (index % 10 !== 0) continue;
    const next = await look();
    expect(next.watermark).toBeGreaterThanOrEqual(latest.watermark);
    for (const field of [listField("products"), ...items.map((id) => itemField("products", id))]) {
      expect(drawn(next, field)).toBeGreaterThanOrEqual(drawn(latest, field));
    }
    latest = next;
  }
  await passed(last);
  const end = await look();
  for (const itemId of items) expect(drawn(end, itemField("products", itemId))).toBeGreaterThan(0);
  await vi.waitFor(async () =>
    expect(await database.sql`select from outbox where delivered_at is null`).toHaveLength(0),
  );
  await Promise.all([steady.end(), unlucky.end()]);
});

test.each([
  ["after all that came before it has ended", false],
  ["while an older transaction is open", true],
])("a publication that arrives once more, and late, brings no version back, %s", async (_when, held) => {
  const field = itemField("products", tenantId);
  const sent: string[] = [];
  gate.after = (body) => {
    if (body.includes('"gatehouse:versions:')) sent.push(body);
    return "pass";
  };
  const running = start(database.url);
  const publish = async () => {
    const count = sent.length;
    await write(tenantId);
    running.wake();
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(count), { timeout: 2_000 });
    return (await look()).versions(field);
  };
  const publishTwice = async () => {
    const [first, second] = [await publish(), await publish()];
    expect(second).not.toBe(first);
    const headers = { authorization: `Bearer ${redis.token}` };
    const again = await fetch(redis.url, { method: "POST", headers, body: sent.at(-2) ?? "" });
    expect(again.status).toBe(200);
    expect((await look()).versions(field)).not.toBe(first);
  };
  if (held) {
    await database.sql.begin(async (tx) => {
      await tx`select pg_current_xact_id()`;
      await publishTwice();
    });
  } else {
    await publishTwice();
  }
  gate.after = () => "pass";
  await running.end();
});
