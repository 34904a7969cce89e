import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WATERMARK_KEY } from "#shared/freshness.ts";
import {
  BLIND_BOUND_MS,
  BOUND_MS,
  createProbe,
  listProbe,
  type OutageRig,
  type Probe,
  RECOVERY_MS,
  readProbe,
  rename,
  startOutageRig,
  warm,
} from "#tests/support/outage-rig.ts";

/**
 * Redis emptied and taken away while there are writes and reads all the time. How old an answer may be is
 * judged by how the machine kept up: `boundMs` of what was seen.
 */
let rig: OutageRig;
beforeAll(async () => {
  rig = await startOutageRig();
});
afterAll(() => rig.stop());

const PROBES = 8;
const WRITE_EVERY_MS = 25;

/** A probe and when each of its names, which are counted from 0, was committed. */
type Watched = { readonly probe: Probe; readonly commits: number[] };

/**
 * Of an idle machine's 2,000 ms a snapshot may take 1,000 and the relay's turn 400. Where a read, a write or the
 * relay's next publication took longer than this, what is left is not enough, and the edge may take itself for blind.
 */
const PROMPT_MS = 500;
/** Of a relay's turn and of a probe, each of which may have to wait for the machine as the slowest request had to. */
const MESSAGES = 12;
/** For what has to happen, and is not measured. */
const PATIENCE_MS = 20_000;

type Seen = {
  /** The oldest answer since the last look: for how long what it shows had been replaced when it was asked for. */
  readonly oldestMs: number;
  /** What is promised for it: the bound, or that of a blind edge where something was too slow. */
  readonly boundMs: number;
  /** The longest that a read or a write took: what the machine costs whoever sends a few messages. */
  readonly slowestMs: number;
};

type Load = {
  readonly watched: readonly Watched[];
  /** What was seen since the last look. */
  readonly look: () => Seen;
  readonly reads: () => number;
  readonly stop: () => Promise<void>;
};

async function startLoad(): Promise<Load> {
  const watched = await Promise.all(
    Array.from({ length: PROBES }, async (): Promise<Watched> => {
      return { probe: await createProbe(rig, "0"), commits: [performance.now()] };
    }),
  );
  let running = true;
  let oldest = 0;
  let slowest = 0;
  let unpublished = 0;
  let reads = 0;
  let publishedAt = performance.now();
  const took = (since: number) => {
    slowest = Math.max(slowest, performance.now() - since);
  };
  const published = () => {
    unpublished = Math.max(unpublished, performance.now() - publishedAt);
  };
  rig.relayToRedis.after = (body) => {
    if (body.includes(WATERMARK_KEY)) {
      published();
      publishedAt = performance.now();
    }
    return "pass";
  };

  async function write(): Promise<void> {
    for (let turn = 0; running; turn++) {
      const { probe, commits } = watched[turn % PROBES] ?? fail();
      const begunAt = performance.now();
      await rename(rig, probe, String(commits.length));
      took(begunAt);
      commits.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
    }
  }

  async function read(): Promise<void> {
    for (let turn = 0; running; turn++) {
      const { probe, commits } = watched[turn % PROBES] ?? fail();
      const askedAt = performance.now();
      const { status, name } = await (turn % 3 === 0 ? listProbe : readProbe)(rig, probe);
      took(askedAt);
      expect(status).toBe(200);
      const replacedAt = commits[Number(name) + 1] ?? askedAt;
      oldest = Math.max(oldest, askedAt - replacedAt);
      reads++;
    }
  }

  const workers = Promise.all([write(), read(), read()]);
  // A failed worker is reported by `stop`.
  workers.catch(() => undefined);
  return {
    watched,
    reads: () => reads,
    look: () => {
      published();
      const isPrompt = Math.max(slowest, unpublished) <= PROMPT_MS;
      const boundMs = isPrompt ? BOUND_MS : BLIND_BOUND_MS;
      const seen = { oldestMs: oldest, boundMs, slowestMs: slowest };
      oldest = 0;
      slowest = 0;
      unpublished = 0;
      return seen;
    },
    stop: async () => {
      running = false;
      await workers;
    },
  };
}

function fail(): never {
  throw new Error("there is no probe");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Nothing is lost: at rest each probe comes from the cache as it was written last. */
async function atRest({ watched }: Load): Promise<void> {
  await Promise.all(watched.map(({ probe, commits }) => warm(rig, probe, String(commits.length - 1))));
}

/** What the origin says of itself. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${rig.origin.opsUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? "missing");
}

async function readiness() {
  const answer = await fetch(`${rig.origin.opsUrl}/ready`);
  const { checks } = (await answer.json()) as { readonly checks: readonly { name: string; ok: boolean }[] };
  return { status: answer.status, ...Object.fromEntries(checks.map(({ name, ok }) => [name, ok])) };
}

const empty = () =>
  new Redis({ url: rig.redis.url, token: rig.redis.token, enableTelemetry: false }).flushall();

function expectFresh({ oldestMs, boundMs }: Seen): void {
  expect(oldestMs).toBeLessThan(boundMs);
}

test("a Redis that is emptied again and again under load makes no answer older than the bound", async () => {
  const load = await startLoad();
  await pause(1_000);
  for (let times = 0; times < 10; times++) {
    await empty();
    await pause(50 + times * 40);
  }
  await load.stop();
  expectFresh(load.look());
  expect(load.reads()).toBeGreaterThan(10);
  await atRest(load);
}, 60_000);

test("a Redis that goes, and comes back empty, under load: blind and told so, then within the bound again", async () => {
  const load = await startLoad();
  await pause(1_000);
  expectFresh(load.look());

  await rig.edgeToRedis.set({ kind: "refuse" });
  rig.edgeToRedis.sever();
  rig.relayToRedis.before = () => "reset";
  await vi.waitFor(
    async () => {
      expect(await metric("gatehouse_outbox_oldest_undelivered_age_seconds")).toBeGreaterThan(2);
      expect(await metric("gatehouse_relay_publication_age_seconds")).toBeGreaterThan(2);
    },
    { timeout: PATIENCE_MS, interval: 200 },
  );
  expect(await metric("gatehouse_outbox_undelivered_rows")).toBeGreaterThan(10);
  expect(await metric("gatehouse_relay_failures_total")).toBeGreaterThan(0);
  expect(await readiness()).toEqual({ status: 200, database: true, redis: false, relay: false });
  expect(load.look().oldestMs).toBeLessThan(BLIND_BOUND_MS);

  const backAt = performance.now();
  await empty();
  rig.relayToRedis.before = () => "pass";
  await rig.edgeToRedis.set({ kind: "pass" });
  await vi.waitFor(
    async () => {
      expect(await readiness()).toEqual({ status: 200, database: true, redis: true, relay: true });
      expect(await metric("gatehouse_outbox_oldest_undelivered_age_seconds")).toBeLessThan(1);
    },
    { timeout: PATIENCE_MS, interval: 100 },
  );
  const { slowestMs } = load.look();
  expect(performance.now() - backAt).toBeLessThan(RECOVERY_MS + MESSAGES * slowestMs);
  // A second in which an edge leaves Redis alone after a failure, and the turn of the relay after one.
  await pause(BOUND_MS);
  load.look();
  await pause(2_000);
  await load.stop();
  expectFresh(load.look());
  await atRest(load);
  await vi.waitFor(async () => expect(await metric("gatehouse_outbox_undelivered_rows")).toBe(0));
}, 60_000);
