import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ask,
  BLIND_BOUND_MS,
  BOUND_MS,
  createProbe,
  isDelivery,
  listProbe,
  type OutageRig,
  type Probe,
  RECOVERY_MS,
  readProbe,
  rename as renameIn,
  shows as showsIn,
  startOutageRig,
  warm as warmIn,
} from "#tests/support/outage-rig.ts";
import { mintToken } from "#tests/support/stack.ts";

/**
 * What an edge shows that no write has passed, so that it learns of them by the relay alone. Writes
 * are made by SQL; nobody sends a consistency token.
 */
let rig: OutageRig;
beforeAll(async () => {
  rig = await startOutageRig();
});
afterAll(() => rig.stop());

const create = (name: string) => createProbe(rig, name);
const rename = (probe: Probe, name: string) => renameIn(rig, probe, name);
const warm = (probe: Probe, name: string) => warmIn(rig, probe, name);
const shows = (probe: Probe, name: string, timeout: number) => showsIn(rig, probe, name, timeout);
const reads = [(probe: Probe) => readProbe(rig, probe), (probe: Probe) => listProbe(rig, probe)];

/** What nobody changed is asked for anew: its entry is of a version that the edge cannot check any more. */
async function showsBlindness(unchanged: Probe): Promise<void> {
  for (const ask of reads) expect((await ask(unchanged)).how).toBe("MISS");
}

type Kill = () => true;

/** Arms what kills the origin when its relay is at a point of a delivery. */
const points: Readonly<Record<string, (kill: Kill) => Promise<void> | void>> = {
  "before a version is drawn": (kill) => atStatement("before", "nextval", kill),
  "before Redis is told": (kill) => {
    rig.relayToRedis.before = (body) => (isDelivery(body) && kill() ? "reset" : "pass");
  },
  "when Redis has been told": (kill) => {
    rig.relayToRedis.after = (body) => (isDelivery(body) && kill() ? "reset" : "pass");
  },
  "when the rows are marked, before the commit": (kill) =>
    atStatement("after", "update outbox set delivered_at", kill),
};

function atStatement(at: "before" | "after", text: string, kill: Kill): Promise<void> {
  const when = ({ body }: { readonly body: Buffer }) => body.includes(text) && kill();
  return rig.postgres.set({ kind: "cut", from: "client", at, when });
}

async function disarm(): Promise<void> {
  rig.relayToRedis.before = () => "pass";
  rig.relayToRedis.after = () => "pass";
  await rig.postgres.set({ kind: "pass" });
}

test.each(Object.entries(points))("a relay that is killed %s loses no write", async (_point, arm) => {
  const probe = await create("old");
  await warm(probe, "old");
  let kills = 0;
  await arm(() => {
    kills++;
    rig.origin.kill();
    return true;
  });
  await rename(probe, "new");
  await rig.origin.ended;
  await disarm();
  expect(kills).toBe(1);
  await rig.restartOrigin();
  await shows(probe, "new", BOUND_MS);
  await warm(probe, "new");
});

test("a Redis that lost everything makes nothing older, and the cache fills again by itself", async () => {
  const admin = new Redis({ url: rig.redis.url, token: rig.redis.token, enableTelemetry: false });
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
  await rig.edgeToRedis.set({ kind: "refuse" });
  rig.edgeToRedis.sever();
  await rename(probe, "new");
  const staleMs = await shows(probe, "new", BLIND_BOUND_MS);
  expect(staleMs).toBeLessThan(BLIND_BOUND_MS);
  await showsBlindness(quiet);

  const stranger = await mintToken({ tenantId: await rig.database.newTenant() });
  expect(await ask(rig, `/v1/products/${probe.id}`, stranger)).toMatchObject({ status: 404 });
  expect(await ask(rig, `/v1/products?ids=${probe.id}`, stranger)).toMatchObject({
    status: 200,
    name: undefined,
  });

  await rig.edgeToRedis.set({ kind: "pass" });
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
  rig.relayToRedis.before = () => "reset";
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
    rig.origin.kill();
    return true;
  });
  await rename(changed, "new");
  await rig.origin.ended;
  await disarm();

  // Through the version change, and on when the relay's silence makes the edge blind.
  const until = performance.now() + BOUND_MS;
  while (performance.now() < until) {
    for (const ask of reads) {
      expect(await ask(changed)).toMatchObject({ status: 200, name: "old" });
      expect(await ask(quiet)).toMatchObject({ status: 200, name: "quiet" });
    }
  }
  for (const ask of reads) {
    expect(await ask(changed)).toEqual({ status: 200, name: "old", how: "STALE" });
    expect(await ask(quiet)).toEqual({ status: 200, name: "quiet", how: "STALE" });
  }

  await rig.restartOrigin();
  await shows(changed, "new", BOUND_MS);
  await warm(changed, "new");
});
