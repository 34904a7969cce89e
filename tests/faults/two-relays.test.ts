import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Snapshot, Snapshots } from "#edge/cache/snapshot.ts";
import { itemField, listField } from "#shared/freshness.ts";
import { type RedisGate, startRedisGate } from "#tests/support/redis-gate.ts";
import { loadRelayProcess, type RelayPlaces, type RelayProcess } from "#tests/support/relay-process.ts";
import {
  drawn,
  edgeReader,
  type RelayRig,
  startRelayRig,
  undelivered,
  writeItem,
} from "#tests/support/relay-rig.ts";

/** Two relays as processes on the same stores, written to all the time, one of which is killed. */

const BOUND_MS = 2_000;
/**
 * Until the other's publication can be seen, so many messages come and go that each may have to wait for the machine: a
 * turn's seven, and a look. How long, the slowest of the same run tells.
 */
const MESSAGES = 8;
/** For what has to happen, and is not measured. */
const PATIENCE_MS = 20_000;
/** Of load, from when one is killed. */
const AFTER_MS = 2_000;
const WRITE_EVERY_MS = 10;

let rig: RelayRig;
/** Each relay's own way to Redis, so that publications can be told apart. */
let gates: readonly RedisGate[];
beforeAll(async () => {
  rig = await startRelayRig();
  gates = [await startRedisGate(rig.redis.url), await startRedisGate(rig.redis.url)];
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await rig.stop();
});

type Publication = { readonly by: number; readonly from: number; to: number };

/** Notes when each relay publishes. @param onPublished called when Redis has it and the relay does not know yet */
function record(onPublished: (by: number, count: number) => "pass" | "reset"): Publication[] {
  const publications: Publication[] = [];
  for (const [by, gate] of gates.entries()) {
    let count = 0;
    gate.before = () => {
      publications.push({ by, from: performance.now(), to: Number.POSITIVE_INFINITY });
      return "pass";
    };
    gate.after = () => {
      const last = publications.findLast((publication) => publication.by === by);
      if (last !== undefined) last.to = performance.now();
      return onPublished(by, ++count);
    };
  }
  return publications;
}

/** What was written, and the longest that a single message to Postgres or Redis took meanwhile. */
type Loaded = { readonly writes: readonly Written[]; readonly slowestMs: number };

type Written = { readonly itemId: string; readonly xid: number; readonly at: number; seenAt: number | null };

/** Writes to new items all the time, and watches as an edge does when each write can be seen. */
async function load(isOver: () => boolean, wake: () => void): Promise<Loaded> {
  let slowestMs = 0;
  async function timed<T>(message: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const came = await message;
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    return came;
  }
  const look = () => timed(edgeReader(rig)(rig.tenantId));
  const writes: Written[] = [];
  let latest = await look();
  while (!isOver()) {
    const itemId = randomUUID();
    const xid = await timed(writeItem(rig, itemId));
    const at = performance.now();
    // A bucket that has a version already cannot tell.
    if (drawn(latest, itemField("products", itemId)) === 0) writes.push({ itemId, xid, at, seenAt: null });
    wake();
    latest = neverBack(latest, await look(), writes);
    await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
  }
  await vi.waitFor(
    async () => {
      latest = neverBack(latest, await look(), writes);
      expect(writes.filter(({ seenAt }) => seenAt === null)).toEqual([]);
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
  return { writes, slowestMs };
}

function neverBack(before: Snapshot, after: Snapshot, writes: readonly Written[]): Snapshot {
  expect(after.watermark).toBeGreaterThanOrEqual(before.watermark);
  expect(drawn(after, listField("products"))).toBeGreaterThanOrEqual(drawn(before, listField("products")));
  for (const write of writes) {
    const field = itemField("products", write.itemId);
    expect(drawn(after, field)).toBeGreaterThanOrEqual(drawn(before, field));
    if (after.watermark > write.xid) expect(drawn(after, field)).toBeGreaterThan(0);
    if (drawn(after, field) > 0) write.seenAt ??= performance.now();
  }
  return after;
}

const longest = (writes: readonly Written[]) =>
  Math.max(...writes.map(({ at, seenAt }) => (seenAt ?? Number.POSITIVE_INFINITY) - at));

/** The one relay's way to its stores: through the proxy that can swallow everything. */
function placesOf({ postgres, database, redis }: RelayRig, relay: 0 | 1): RelayPlaces {
  const url = gates[relay]?.url ?? "";
  return { databaseUrl: postgres.through(database.url), redis: { url, token: redis.token } };
}

async function startBoth(): Promise<readonly RelayProcess[]> {
  const relays = await Promise.all(gates.map(loadRelayProcess));
  onTestFinished(() => {
    for (const relay of relays) relay.kill();
  });
  for (const [index, relay] of relays.entries()) relay.start(placesOf(rig, index === 0 ? 0 : 1));
  return relays;
}

test("take turns, and when one is killed in its turn the other goes on within the bound", {
  timeout: 60_000,
}, async () => {
  const relays = await startBoth();
  let killed: number | null = null;
  let killedAt = Number.POSITIVE_INFINITY;
  const publications = record((by, count) => {
    if (killed !== null || count < 20) return "pass";
    killed = by;
    killedAt = performance.now();
    relays[by]?.kill();
    return "reset";
  });
  const isOver = () => performance.now() - killedAt > AFTER_MS;
  const { writes, slowestMs } = await load(isOver, () => {
    for (const [index, relay] of relays.entries()) if (index !== killed) relay.wake();
  });

  expect(killed).not.toBeNull();
  expect(writes.length).toBeGreaterThan(10);
  expect(longest(writes)).toBeLessThan(BOUND_MS + MESSAGES * slowestMs);
  // Redis is told first, and the rows are marked then.
  await vi.waitFor(async () => expect(await undelivered(rig)).toHaveLength(0), { timeout: PATIENCE_MS });
  // One at a time: none begins before the one before has ended, or died.
  const overlapping = publications.filter(({ from }, i) => from < (publications[i - 1]?.to ?? 0));
  expect(overlapping).toEqual([]);
  // Both did some of it, and the survivor all that came after.
  expect(new Set(publications.map(({ by }) => by)).size).toBe(2);
  expect(publications.at(-1)?.by).not.toBe(killed);
});

test("when one vanishes in its turn without a word, edges are blind until the other may go on", {
  timeout: 60_000,
}, async () => {
  const snapshots = new Snapshots(edgeReader(rig), Date.now);
  const sight = async () => (await snapshots.look(rig.tenantId, null, null, () => undefined)).kind;
  const [vanishing, other] = await Promise.all(gates.map(loadRelayProcess));
  const vanished = new Promise<void>((resolve) => {
    record((by, count) => {
      if (by !== 0 || count < 5) return "pass";
      // What it would say from now on, that it ends included, reaches nobody.
      void rig.postgres.set({ kind: "blackhole" });
      resolve();
      return "reset";
    });
  });
  vanishing?.start(placesOf(rig, 0));
  await vanished;
  other?.start({ ...placesOf(rig, 1), databaseUrl: rig.database.url });
  const itemId = randomUUID();
  await writeItem(rig, itemId);
  await vi.waitFor(async () => expect(await sight()).toBe("blind"), { timeout: PATIENCE_MS });
  await vi.waitFor(async () => expect(await undelivered(rig)).toHaveLength(0), { timeout: PATIENCE_MS });
  await vi.waitFor(async () => expect(await sight()).toBe("sees"), { timeout: PATIENCE_MS });
  for (const relay of [vanishing, other]) relay?.kill();
});
