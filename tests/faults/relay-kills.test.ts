import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Snapshots } from "#edge/cache/snapshot.ts";
import { MAX_BEAT_AGE_MS } from "#shared/freshness.ts";
import { loadRelayProcess } from "#tests/support/relay-process.ts";
import {
  delivered,
  edgeReader,
  type RelayRig,
  startRelayHere,
  startRelayRig,
  writeItem,
} from "#tests/support/relay-rig.ts";
import { killAtEach, messagesOfOneDelivery, placesOf } from "./relay-kills.ts";

let rig: RelayRig;
beforeAll(async () => {
  rig = await startRelayRig();
});
afterAll(() => rig.stop());

test("no write is lost and nothing goes back when a relay is killed in the middle of a delivery", async () => {
  const messages = await messagesOfOneDelivery(rig);
  const numbers = messages.map((_, index) => index + 1);
  // Every eighth of the delivery itself, and both sides of Redis; relay-kills.long.test.ts takes all.
  const begin = messages.findIndex((message) => message.startsWith("Q begin")) + 1;
  const redis = messages.findIndex((message) => message.startsWith("request")) + 1;
  const sample = numbers.filter((nth) => nth >= begin && (nth - begin) % 8 === 0);
  expect(sample.length).toBeGreaterThan(5);
  await killAtEach(rig, [...new Set([...sample, redis, redis + 1])]);
}, 60_000);

test("while no other takes over, edges know that they are blind; then nothing is lost", async () => {
  const snapshots = new Snapshots(edgeReader(rig), Date.now);
  const sight = async () => (await snapshots.look(rig.tenantId, null, null, () => undefined)).kind;
  const victim = await loadRelayProcess();
  victim.start(placesOf(rig));
  await vi.waitFor(async () => expect(await sight()).toBe("sees"), { timeout: 5_000 });
  victim.kill();
  await victim.ended;
  const before = await edgeReader(rig)(rig.tenantId);
  const itemId = randomUUID();
  await writeItem(rig, itemId);
  // A beat is trusted for so long, and a snapshot for a second.
  const timeout = MAX_BEAT_AGE_MS + 1_000;
  await vi.waitFor(async () => expect(await sight()).toBe("blind"), { timeout });

  const successor = startRelayHere(rig);
  await delivered(rig, successor, before, itemId);
  await vi.waitFor(async () => expect(await sight()).toBe("sees"), { timeout: 2_000 });
  await successor.end();
});
