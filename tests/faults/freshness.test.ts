import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { freePort } from "#scripts/local/ports.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import type { Product } from "#shared/resources/products.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { type RedisGate, startRedisGate } from "#tests/support/redis-gate.ts";
import { mintToken, stack } from "#tests/support/stack.ts";

/**
 * What an edge shows that no write has passed, so that it learns of them by the relay alone. Writes
 * are made by SQL; nobody sends a consistency token.
 */

/** Promise 4: no edge serves an older value for longer, while relay and Redis can be reached. */
const BOUND_MS = 2_000;
/** `blindMaxAgeSeconds` of the routes here, and the second in which a snapshot may still be trusted. */
const BLIND_BOUND_MS = 10_000;
const RECOVERY_MS = 5_000;

let database: OwnDatabase;
let redis: RunningRedis;
let postgres: FaultProxy;
/** Redis as edges reach it, and as the relay does. */
let edgeToRedis: FaultProxy;
let relayToRedis: RedisGate;
let edge: RunningEdge;
let port: number;
let origin: OriginProcess;
let tenantId: string;
let token: string;

beforeAll(async () => {
  const bundling = bundleEdge();
  [database, redis, port] = await Promise.all([
    startOwnDatabase(),
    startRedis({ token: stack().redis.token }),
    freePort(),
  ]);
  postgres = await proxyTo(database.url);
  edgeToRedis = await proxyTo(redis.url);
  relayToRedis = await startRedisGate(redis.url);
  tenantId = await database.newTenant();
  token = await mintToken({ tenantId });
  origin = await startOrigin();
  edge = await startEdge(await bundling, {
    variables: {
      ...stack().edgeVariables,
      ORIGIN_URLS: `http://127.0.0.1:${port}`,
      UPSTASH_REDIS_REST_URL: edgeToRedis.url,
    },
    shieldLimit: 1_000_000,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  origin.kill();
  await origin.ended;
  await relayToRedis.stop();
  for (const proxy of [edgeToRedis, postgres]) await proxy.stop();
  await redis.stop();
  await database.drop();
});

function proxyTo(url: string): Promise<FaultProxy> {
  const { hostname, port: upstream } = new URL(url);
  return startFaultProxy({ upstream: { host: hostname, port: Number(upstream) } });
}

const startOrigin = () =>
  startOriginProcess({
    ...stack().originVariables,
    DATABASE_URL: postgres.through(database.url),
    UPSTASH_REDIS_REST_URL: relayToRedis.url,
    PORT: String(port),
  });

/** A product, and the list that shows only it. */
type Probe = { readonly id: string; readonly sku: string };

async function create(name: string): Promise<Probe> {
  const probe = { id: randomUUID(), sku: randomUUID() };
  await database.sql`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
    values (${tenantId}, ${probe.id}, ${probe.sku}, ${name}, 'active', true, '{}')`;
  return probe;
}

/** Changes it as a write does: row and announcement in one transaction. */
async function rename({ id }: Probe, name: string): Promise<void> {
  await database.sql.begin(async (tx) => {
    await tx`update products set name = ${name}, version = version + 1 where id = ${id}`;
    await tx`insert into outbox (tenant_id, collection, item_id) values (${tenantId}, 'products', ${id})`;
  });
}

type Seen = { readonly status: number; readonly name: string | undefined; readonly how: string | null };

async function ask(path: string, bearer = token): Promise<Seen> {
  const answer = await fetch(edge.url + path, { headers: { authorization: `Bearer ${bearer}` } });
  const body = (await answer.json()) as Partial<Product> & { readonly data?: readonly Product[] };
  const name = body.data === undefined ? body.name : body.data[0]?.name;
  return { status: answer.status, name, how: answer.headers.get("cf-cache-status") };
}

const read = ({ id }: Probe) => ask(`/v1/products/${id}`);
const list = ({ sku }: Probe) => ask(`/v1/products?q=${sku}`);

/** Reads both until they come from the cache, by versions that the edge trusts. */
const warm = (probe: Probe, name: string) =>
  vi.waitFor(
    async () => {
      for (const seen of [await read(probe), await list(probe)]) {
        expect(seen).toEqual({ status: 200, name, how: "HIT" });
      }
    },
    { timeout: RECOVERY_MS },
  );

/** Waits until both show `name`. @returns how long it took, in milliseconds */
async function shows(probe: Probe, name: string, timeout: number): Promise<number> {
  const startedAt = performance.now();
  await vi.waitFor(
    async () => {
      expect((await read(probe)).name).toBe(name);
      expect((await list(probe)).name).toBe(name);
    },
    { timeout, interval: 20 },
  );
  return performance.now() - startedAt;
}

/** What nobody changed is asked for anew: its entry is of a version that the edge cannot check any more. */
async function showsBlindness(unchanged: Probe): Promise<void> {
  for (const ask of [read, list]) expect((await ask(unchanged)).how).toBe("MISS");
}

type Kill = () => true;

/** Arms what kills the origin when its relay is at a point of a delivery. */
const points: Readonly<Record<string, (kill: Kill) => Promise<void> | void>> = {
  "before a version is drawn": (kill) => atStatement("before", "nextval", kill),
  "before Redis is told": (kill) => {
    relayToRedis.before = (body) => (isDelivery(body) && kill() ? "reset" : "pass");
  },
  "when Redis has been told": (kill) => {
    relayToRedis.after = (body) => (isDelivery(body) && kill() ? "reset" : "pass");
  },
  "when the rows are marked, before the commit": (kill) =>
    atStatement("after", "update outbox set delivered_at", kill),
};

function atStatement(at: "before" | "after", text: string, kill: Kill): Promise<void> {
  const when = ({ body }: { readonly body: Buffer }) => body.includes(text) && kill();
  return postgres.set({ kind: "cut", from: "client", at, when });
}

/** Publications without news have no keys but watermark and beat. */
function isDelivery(body: string): boolean {
  return body.includes('"gatehouse:versions:');
}

async function disarm(): Promise<void> {
  relayToRedis.before = () => "pass";
  relayToRedis.after = () => "pass";
  await postgres.set({ kind: "pass" });
}

test.each(Object.entries(points))("a relay that is killed %s loses no write", async (_point, arm) => {
  const probe = await create("old");
  await warm(probe, "old");
  let kills = 0;
  await arm(() => {
    kills++;
    origin.kill();
    return true;
  });
  await rename(probe, "new");
  await origin.ended;
  await disarm();
  expect(kills).toBe(1);
  origin = await startOrigin();
  await shows(probe, "new", BOUND_MS);
  await warm(probe, "new");
});

test("a Redis that lost everything makes nothing older, and the cache fills again by itself", async () => {
  const admin = new Redis({ url: redis.url, token: redis.token, enableTelemetry: false });
  const [written, quiet] = [await create("old"), await create("quiet")];
  await warm(written, "old");
  await warm(quiet, "quiet");
  await admin.flushall();
  await rename(written, "new");
  await shows(written, "new", BOUND_MS);
  await warm(written, "new");
  await warm(quiet, "quiet");
  await admin.flushall();
  await warm(written, "new");
});

test("without Redis an edge is blind: tenants stay apart, nothing is older than it may be; back in 5 s", async () => {
  const [probe, quiet] = [await create("old"), await create("quiet")];
  await warm(probe, "old");
  await warm(quiet, "quiet");
  await edgeToRedis.set({ kind: "refuse" });
  edgeToRedis.sever();
  await rename(probe, "new");
  const staleMs = await shows(probe, "new", BLIND_BOUND_MS);
  expect(staleMs).toBeLessThan(BLIND_BOUND_MS);
  await showsBlindness(quiet);

  const stranger = await mintToken({ tenantId: await database.newTenant() });
  expect(await ask(`/v1/products/${probe.id}`, stranger)).toMatchObject({ status: 404 });
  expect(await ask(`/v1/products?q=${probe.sku}`, stranger)).toMatchObject({ status: 200, name: undefined });

  await edgeToRedis.set({ kind: "pass" });
  // Blind entries last for seconds: only an edge that sees shows each change within the bound.
  await new Promise((resolve) => setTimeout(resolve, RECOVERY_MS - BOUND_MS));
  for (const name of ["newer", "newest", "last"]) {
    await rename(probe, name);
    await shows(probe, name, BOUND_MS);
  }
});

test("a relay that cannot reach Redis makes edges blind, and what it could not tell is told later", async () => {
  const [probe, quiet] = [await create("old"), await create("quiet")];
  await warm(probe, "old");
  await warm(quiet, "quiet");
  relayToRedis.before = () => "reset";
  await rename(probe, "new");
  const staleMs = await shows(probe, "new", BLIND_BOUND_MS);
  expect(staleMs).toBeLessThan(BLIND_BOUND_MS);
  await showsBlindness(quiet);
  await disarm();
  await new Promise((resolve) => setTimeout(resolve, BOUND_MS));
  for (const name of ["newer", "newest", "last"]) {
    await rename(probe, name);
    await shows(probe, name, BOUND_MS);
  }
});

test("without an origin all that is stored is served and marked stale, also right after a version change", async () => {
  const [changed, quiet] = [await create("old"), await create("quiet")];
  await warm(changed, "old");
  await warm(quiet, "quiet");
  await points["when Redis has been told"]?.(() => {
    origin.kill();
    return true;
  });
  await rename(changed, "new");
  await origin.ended;
  await disarm();

  // Through the version change, and on when the relay's silence makes the edge blind.
  const until = performance.now() + BOUND_MS;
  while (performance.now() < until) {
    for (const ask of [read, list]) {
      expect(await ask(changed)).toMatchObject({ status: 200, name: "old" });
      expect(await ask(quiet)).toMatchObject({ status: 200, name: "quiet" });
    }
  }
  for (const ask of [read, list]) {
    expect(await ask(changed)).toEqual({ status: 200, name: "old", how: "STALE" });
    expect(await ask(quiet)).toEqual({ status: 200, name: "quiet", how: "STALE" });
  }

  origin = await startOrigin();
  await shows(changed, "new", BOUND_MS);
  await warm(changed, "new");
});
