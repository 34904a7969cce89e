import { Redis } from "@upstash/redis";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { redisPublisher } from "#origin/relay/publish.ts";
import { redisRevocationLogs } from "#origin/relay/publish-revocations.ts";
import { type Era, relayRevocations } from "#origin/relay/revocations.ts";
import { asRelay, readUndelivered } from "#origin/relay/store.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import {
  parseRevocations,
  REVOCATIONS_ERA_KEY,
  type Revocation,
  revocationsKey,
} from "#shared/revocation.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";

/** How the relay brings back what Redis has lost, a turn at a time, and what late requests can do to it. */
const TENANTS = 45;

let database: OwnDatabase;
let server: RunningRedis;
let redis: Redis;
let connections: Connections;
let tenantIds: string[];
let now = 0;

beforeAll(async () => {
  [database, server] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
  const { url, token } = server;
  redis = new Redis({ url, token, retry: false, enableTelemetry: false, enableAutoPipelining: false });
  connections = connect({ url: database.url, poolSize: 1, applicationName: "test" });
  tenantIds = Array.from({ length: TENANTS }, () => uuidv7()).sort();
  await ensureTenants(
    database.sql,
    tenantIds.map((id) => ({ id, slug: id, name: "Test" })),
  );
  for (const id of tenantIds) {
    await database.sql`insert into revocations (tenant_id, kind, id, revoked_before, expires_at, xid) values
      (${id}, 'client', 'c', '2026-01-01', now() + interval '1 day', pg_current_xact_id()),
      (${id}, 'client', 'expired', '2026-01-01', now() - interval '1 day', pg_current_xact_id())`;
  }
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  await connections.close(1);
  await server.stop();
  await database.drop();
});

const logs = () => redisRevocationLogs(redis);
const inRedis = async (id: string) =>
  parseRevocations((await redis.get<string>(revocationsKey(id))) ?? "").map((revocation) => revocation.id);

/** A turn's publication, by which the relay learns how Redis is. */
const publish = () =>
  asRelay(connections, async (tx) => redisPublisher(redis)(await readUndelivered(tx), "1")).then(
    (era) => era ?? Promise.reject(new Error("another relay is at work")),
  );

/** Turns of a relay until there is no more to bring back. @returns how many it took */
async function restore(relay = relayRevocations(logs(), () => now)): Promise<number> {
  for (let turns = 1; ; turns++) {
    const era = await publish();
    if ((await asRelay(connections, (tx) => relay.restore(tx, era))) === false) return turns;
  }
}

const revocation: Revocation = { kind: "client", id: "late", revokedBefore: 1, expiresAt: 4_000_000_000 };
const first = () => tenantIds[0] ?? "";

test("an empty Redis gets all of them back, twenty tenants a turn, and only then the marker", async () => {
  expect((await publish()).hasRevocations).toBe(false);
  expect(await restore()).toBe(4);
  for (const id of tenantIds) expect(await inRedis(id)).toEqual(["c"]);
  expect((await publish()).hasRevocations).toBe(true);
});

test("a single log that is lost is found within a minute", async () => {
  const relay = relayRevocations(logs(), () => now);
  await restore(relay);
  await redis.del(revocationsKey(first()));
  now += 59_000;
  expect(await restore(relay)).toBe(1);
  expect(await inRedis(first())).toEqual([]);
  now += 1_000;
  expect(await restore(relay)).toBe(4);
  expect(await inRedis(first())).toEqual(["c"]);
});

test("a loss in the middle begins it again", async () => {
  const relay = relayRevocations(logs(), () => now);
  const era = await publish();
  await asRelay(connections, (tx) => relay.restore(tx, era));
  await redis.flushall();
  expect(await restore(relay)).toBe(4);
  for (const id of tenantIds) expect(await inRedis(id)).toEqual(["c"]);
});

test("requests of before a loss neither begin a log nor declare it complete", async () => {
  const before: Era = await publish();
  await redis.flushall();
  await publish();
  expect(await logs().append(first(), [revocation])).toBe(0);
  await expect(logs().rewrite(before.name, first(), [revocation], 0)).rejects.toThrow("changed by another");
  await logs().complete(before.name);
  expect(await redis.get(REVOCATIONS_ERA_KEY)).toBeNull();
  expect(await inRedis(first())).toEqual([]);
});

test("a log that has grown since it was read is not written over", async () => {
  await restore();
  const era = await publish();
  const length = await redis.strlen(revocationsKey(first()));
  expect(await logs().append(first(), [revocation])).toBe(-1);
  await expect(logs().rewrite(era.name, first(), [], length)).rejects.toThrow();
  expect(await inRedis(first())).toEqual(["c", "late"]);
});
