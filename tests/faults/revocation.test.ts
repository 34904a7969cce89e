import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { inTransaction } from "#origin/db/write.ts";
import { revoke } from "#origin/resources/access/revoke.ts";
import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { revocationsKey } from "#shared/revocation.ts";
import { ask, type OutageRig, startOutageRig } from "#tests/support/outage-rig.ts";
import { mintToken } from "#tests/support/stack.ts";

/** Revocations while Redis loses them or is away. */
let rig: OutageRig;
let connections: Connections;
let redis: Redis;
let bundle: string;

beforeAll(async () => {
  [rig, bundle] = await Promise.all([startOutageRig(), bundleEdge()]);
  connections = connect({ url: rig.database.url, poolSize: 1, applicationName: "test" });
  redis = new Redis({
    url: rig.redis.url,
    token: rig.redis.token,
    retry: false,
    enableTelemetry: false,
    enableAutoPipelining: false,
  });
});
afterAll(async () => {
  await connections.close(1);
  await rig.stop();
});

const BOUND_MS = 5_000;
let count = 0;

const status = async (bearer: string) => (await ask(rig, "/v1/me", bearer)).status;

const refused = (bearer: string) =>
  vi.waitFor(async () => expect(await status(bearer)).toBe(401), { timeout: BOUND_MS, interval: 50 });

async function tokenOfClient(): Promise<{ token: string; revoke: () => Promise<void> }> {
  const { tenantId } = rig;
  const clientId = `client-${count++}`;
  const token = await mintToken({ tenantId, clientId });
  expect(await status(token)).toBe(200);
  return {
    token,
    revoke: async () => {
      await inTransaction(connections, tenantId, (tx) =>
        revoke(tx, tenantId, { kind: "client", id: clientId }),
      );
    },
  };
}

/** An edge that starts now, with what it logs. */
async function anotherEdge() {
  const lines: Record<string, unknown>[] = [];
  const edge = await startEdge(bundle, {
    variables: { ...rig.edgeVariables, LOG_SAMPLE_PERMILLE: "1000" },
    shieldLimit: 1_000_000,
    onLog: (line) => lines.push(JSON.parse(line)),
  });
  return { ...edge, lines, ask: (bearer: string) => ask({ ...rig, edge }, "/v1/me", bearer) };
}

test("an emptied Redis lets nobody in whom an edge knows to be revoked, and gets all of them back", async () => {
  const { token, revoke: revokeIt } = await tokenOfClient();
  await revokeIt();
  await refused(token);
  await redis.flushall();
  const emptiedAt = performance.now();
  while (performance.now() - emptiedAt < 1_500) expect(await status(token)).toBe(401);

  const fresh = await anotherEdge();
  await vi.waitFor(async () => expect((await fresh.ask(token)).status).toBe(401), { timeout: BOUND_MS });
  await fresh.stop();
});

test("a log that was lost alone lets nobody in whom an edge knows to be revoked", async () => {
  const { token, revoke: revokeIt } = await tokenOfClient();
  await revokeIt();
  await refused(token);
  await redis.del(revocationsKey(rig.tenantId));
  const lostAt = performance.now();
  while (performance.now() - lostAt < 1_500) expect(await status(token)).toBe(401);

  // The next revocation brings back those before it.
  const next = await tokenOfClient();
  await next.revoke();
  await refused(next.token);
  const fresh = await anotherEdge();
  expect((await fresh.ask(token)).status).toBe(401);
  await fresh.stop();
});

test("while Redis is away what is known stays refused, the rest is accepted, and an alarm says so", async () => {
  const [known, unknown] = [await tokenOfClient(), await tokenOfClient()];
  await known.revoke();
  await refused(known.token);
  const watching = await anotherEdge();
  expect((await watching.ask(unknown.token)).status).toBe(200);
  expect(watching.lines.filter(({ outcome }) => outcome === "revocations-unknown")).toEqual([]);
  expect(watching.lines.some(({ revocations }) => revocations === "unknown")).toBe(false);

  await rig.edgeToRedis.set({ kind: "refuse" });
  rig.edgeToRedis.sever();
  await unknown.revoke();
  // A snapshot is relied on for three seconds.
  await vi.waitFor(
    async () => {
      expect((await watching.ask(unknown.token)).status).toBe(200);
      expect(watching.lines).toContainEqual(expect.objectContaining({ outcome: "revocations-unknown" }));
    },
    { timeout: 10_000, interval: 100 },
  );
  for (let i = 0; i < 5; i++) await watching.ask(unknown.token);
  expect(await status(known.token)).toBe(401);
  const alarms = watching.lines.filter(({ outcome }) => outcome === "revocations-unknown");
  expect(alarms).toEqual([expect.objectContaining({ level: "error", stage: "edge" })]);
  expect(watching.lines.at(-1)).toMatchObject({ status: 200, revocations: "unknown" });

  await rig.edgeToRedis.set({ kind: "pass" });
  await vi.waitFor(async () => expect((await watching.ask(unknown.token)).status).toBe(401), {
    timeout: BOUND_MS,
    interval: 50,
  });
  await watching.stop();
});
