import { Redis } from "@upstash/redis";
import { expect, vi } from "vitest";
import { ownSnapshots, redisSnapshots } from "#edge/cache/read-snapshot.ts";
import type { Snapshot } from "#edge/cache/snapshot.ts";
import { connect } from "#origin/db/client.ts";
import { createLogger } from "#origin/log.ts";
import { redisPublisher } from "#origin/relay/publish.ts";
import { redisRevocationLogs } from "#origin/relay/publish-revocations.ts";
import { type Relay, startRelay } from "#origin/relay/relay.ts";
import { relayRevocations } from "#origin/relay/revocations.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { itemField, listField } from "#shared/freshness.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { type OwnDatabase, startOwnDatabase } from "./own-database.ts";
import { type RedisGate, startRedisGate } from "./redis-gate.ts";
import { stack } from "./stack.ts";

/** A Postgres and a Redis that can be lost at every message, for relays to stand between, seen as edges see them. */
export type RelayRig = {
  readonly database: OwnDatabase;
  readonly postgres: FaultProxy;
  readonly redis: RunningRedis;
  readonly gate: RedisGate;
  readonly tenantId: string;
  readonly stop: () => Promise<void>;
};

export async function startRelayRig(): Promise<RelayRig> {
  const [database, redis] = await Promise.all([
    startOwnDatabase(),
    startRedis({ token: stack().redis.token }),
  ]);
  const { hostname, port } = new URL(database.url);
  const postgres = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  const gate = await startRedisGate(redis.url);
  return {
    database,
    postgres,
    redis,
    gate,
    tenantId: await database.newTenant(),
    stop: async () => {
      await postgres.stop();
      await gate.stop();
      await redis.stop();
      await database.drop();
    },
  };
}

const redisAt = ({ redis: { token } }: RelayRig, url: string) =>
  new Redis({ token, url, retry: false, enableTelemetry: false, enableAutoPipelining: false });

/** One for all of them: each would listen for the end of the process. */
const silent = createLogger("silent");

export type RelayHere = Relay & { readonly end: () => Promise<void> };

/** A relay in this process. @param databaseUrl default: through the proxy */
export function startRelayHere(
  rig: RelayRig,
  databaseUrl = rig.postgres.through(rig.database.url),
): RelayHere {
  const connections = connect({ url: databaseUrl, poolSize: 1, applicationName: "test" });
  const redis = redisAt(rig, rig.gate.url);
  const publish = redisPublisher(redis);
  const revocations = relayRevocations(redisRevocationLogs(redis), Date.now);
  const relay = startRelay({ connections, publish, revocations, log: silent, now: Date.now });
  return {
    ...relay,
    end: async () => {
      await relay.stop();
      await connections.close(1);
    },
  };
}

/** Announces a change of a product. @returns the transaction's id */
export async function writeItem({ database, tenantId }: RelayRig, itemId: string): Promise<number> {
  const [row] = await database.sql`insert into outbox (tenant_id, collection, item_id)
    values (${tenantId}, 'products', ${itemId}) returning xid::text`;
  return Number(row?.["xid"]);
}

/** How an edge reads, by a way to Redis of its own. */
export function edgeReader(rig: RelayRig): (tenantId: string) => Promise<Snapshot> {
  const read = ownSnapshots(redisSnapshots(redisAt(rig, rig.redis.url), Date.now));
  return (tenantId) => read(tenantId, true);
}

export const undelivered = ({ database }: RelayRig) =>
  database.sql`select from outbox where delivered_at is null`;

/** Versions by size: the part that the relay draws. */
export const drawn = (snapshot: Snapshot, field: string) => Number(snapshot.versions(field).split(".")[1]);

/** Waits until an edge sees a write, no longer than the promise has it. */
export function delivered(
  rig: RelayRig,
  running: Pick<Relay, "wake">,
  before: Snapshot,
  itemId: string,
): Promise<void> {
  const look = edgeReader(rig);
  return vi.waitFor(
    async () => {
      running.wake();
      const after = await look(rig.tenantId);
      for (const field of [itemField("products", itemId), listField("products")]) {
        expect(drawn(after, field)).toBeGreaterThan(drawn(before, field));
      }
      expect(await undelivered(rig)).toHaveLength(0);
    },
    { timeout: 2_000, interval: 20 },
  );
}
