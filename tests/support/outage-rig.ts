import { randomUUID } from "node:crypto";
import { expect, vi } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { freePort } from "#scripts/local/ports.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import type { Product } from "#shared/resources/products.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { type OriginProcess, startOriginProcess } from "./origin-process.ts";
import { type OwnDatabase, startOwnDatabase } from "./own-database.ts";
import { type RedisGate, startRedisGate } from "./redis-gate.ts";
import { mintToken, stack } from "./stack.ts";

/** Promise 4: no edge serves an older value for longer, while relay and Redis can be reached. */
export const BOUND_MS = 2_000;
/** `blindMaxAgeSeconds` of the routes here, and the second in which a snapshot may still be trusted. */
export const BLIND_BOUND_MS = 10_000;
export const RECOVERY_MS = 5_000;
/** For what has to be there, however busy the machine is. */
const PATIENCE_MS = 20_000;

/** A whole system of which each part, and each way between parts, can be lost. */
export type OutageRig = {
  readonly database: OwnDatabase;
  readonly redis: RunningRedis;
  readonly postgres: FaultProxy;
  /** Redis as edges reach it, and as the relay does. */
  readonly edgeToRedis: FaultProxy;
  readonly relayToRedis: RedisGate;
  readonly edge: RunningEdge;
  /** For another edge beside it. */
  readonly edgeVariables: Readonly<Record<string, string>>;
  readonly tenantId: string;
  readonly token: string;
  /** The one that runs now; `restartOrigin` puts another in the place of one that was killed. */
  origin: OriginProcess;
  readonly restartOrigin: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type RigOptions = {
  /** Whether V8's inspector listens in both tiers. */
  readonly inspected?: boolean;
  /** Of the edge, beside those that it shares with the stack's. */
  readonly ownEdgeVariables?: Readonly<Record<string, string>>;
};

export async function startOutageRig({
  inspected = false,
  ownEdgeVariables = {},
}: RigOptions = {}): Promise<OutageRig> {
  const bundling = bundleEdge();
  const [database, redis, port] = await Promise.all([
    startOwnDatabase(),
    startRedis({ token: stack().redis.token }),
    freePort(),
  ]);
  const postgres = await proxyTo(database.url);
  const edgeToRedis = await proxyTo(redis.url);
  const relayToRedis = await startRedisGate(redis.url);
  const tenantId = await database.newTenant();
  const startOrigin = () =>
    startOriginProcess(
      {
        ...stack().originVariables,
        DATABASE_URL: postgres.through(database.url),
        UPSTASH_REDIS_REST_URL: relayToRedis.url,
        PORT: String(port),
      },
      inspected ? ["--inspect=127.0.0.1:0", "--expose-gc"] : [],
    );
  const edgeVariables = {
    ...stack().edgeVariables,
    ORIGIN_URLS: `http://127.0.0.1:${port}`,
    UPSTASH_REDIS_REST_URL: edgeToRedis.url,
    ...ownEdgeVariables,
  };
  const [origin, edge] = await Promise.all([
    startOrigin(),
    startEdge(await bundling, {
      variables: edgeVariables,
      shieldLimit: 1_000_000,
      onLog: () => undefined,
      inspected,
    }),
  ]);
  const rig: OutageRig = {
    ...{ database, redis, postgres, edgeToRedis, relayToRedis, edge, edgeVariables, tenantId, origin },
    token: await mintToken({ tenantId }),
    restartOrigin: async () => {
      rig.origin = await startOrigin();
    },
    stop: async () => {
      await edge.stop();
      rig.origin.kill();
      await rig.origin.ended;
      await relayToRedis.stop();
      for (const proxy of [edgeToRedis, postgres]) await proxy.stop();
      await redis.stop();
      await database.drop();
    },
  };
  return rig;
}

function proxyTo(url: string): Promise<FaultProxy> {
  const { hostname, port: upstream } = new URL(url);
  return startFaultProxy({ upstream: { host: hostname, port: Number(upstream) } });
}

/** A product, and the list that shows only it. */
export type Probe = { readonly id: string };

export async function createProbe({ database, tenantId }: OutageRig, name: string): Promise<Probe> {
  const probe = { id: randomUUID() };
  await database.sql`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
    values (${tenantId}, ${probe.id}, ${randomUUID()}, ${name}, 'active', true, '{}')`;
  return probe;
}

/** Changes it by SQL as a write does: row and announcement in one transaction. No edge notices. */
export async function rename({ database, tenantId }: OutageRig, { id }: Probe, name: string): Promise<void> {
  await database.sql.begin(async (tx) => {
    await tx`update products set name = ${name}, version = version + 1 where id = ${id}`;
    await tx`insert into outbox (tenant_id, collection, item_id) values (${tenantId}, 'products', ${id})`;
  });
}

export type Seen = {
  readonly status: number;
  readonly name: string | undefined;
  readonly how: string | null;
};

export async function ask({ edge, token }: OutageRig, path: string, bearer = token): Promise<Seen> {
  const answer = await fetch(edge.url + path, { headers: { authorization: `Bearer ${bearer}` } });
  const body = (await answer.json()) as Partial<Product> & { readonly data?: readonly Product[] };
  const name = body.data === undefined ? body.name : body.data[0]?.name;
  return { status: answer.status, name, how: answer.headers.get("cf-cache-status") };
}

export const readProbe = (rig: OutageRig, { id }: Probe) => ask(rig, `/v1/products/${id}`);
export const listProbe = (rig: OutageRig, { id }: Probe) => ask(rig, `/v1/products?ids=${id}`);

/** Reads both until they come from the cache, by versions that the edge trusts. */
export const warm = (rig: OutageRig, probe: Probe, name: string) =>
  vi.waitFor(
    async () => {
      for (const seen of [await readProbe(rig, probe), await listProbe(rig, probe)]) {
        expect(seen).toEqual({ status: 200, name, how: "HIT" });
      }
    },
    { timeout: PATIENCE_MS },
  );

/** Waits until both show `name`. @returns how long it took, in milliseconds */
export async function shows(rig: OutageRig, probe: Probe, name: string, timeout: number): Promise<number> {
  const startedAt = performance.now();
  await vi.waitFor(
    async () => {
      expect((await readProbe(rig, probe)).name).toBe(name);
      expect((await listProbe(rig, probe)).name).toBe(name);
    },
    { timeout, interval: 20 },
  );
  return performance.now() - startedAt;
}

/** A publication that brings news; others have no keys but watermark, beat and era. */
export function isDelivery(body: string): boolean {
  return body.includes('"gatehouse:versions:');
}
