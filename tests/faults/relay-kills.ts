import { randomUUID } from "node:crypto";
import { expect, vi } from "vitest";
import type { Snapshot } from "#edge/cache/snapshot.ts";
import { itemField, listField } from "#shared/freshness.ts";
import { loadRelayProcess, type RelayPlaces, type RelayProcess } from "#tests/support/relay-process.ts";
import {
  delivered,
  drawn,
  edgeReader,
  type RelayRig,
  startRelayHere,
  undelivered,
  writeItem,
} from "#tests/support/relay-rig.ts";

/** Kills a relay's process at one message after the other of its first delivery, from the first connection on. */

export const placesOf = ({ postgres, database, gate, redis }: RelayRig): RelayPlaces => ({
  databaseUrl: postgres.through(database.url),
  redis: { url: gate.url, token: redis.token },
});

/** Calls back before each message between a relay and its two stores, in order; true: it is lost. */
async function onMessages({ postgres, gate }: RelayRig, isLost: (message: string) => boolean): Promise<void> {
  gate.before = (body) => (isLost(`request ${body}`) ? "reset" : "pass");
  gate.after = (body) => (isLost(`answer to ${body}`) ? "reset" : "pass");
  await postgres.set({
    kind: "cut",
    from: "either",
    at: "before",
    when: ({ type, body }) => isLost(`${type} ${body.toString("latin1")}`),
  });
}

const letPass = (rig: RelayRig) => onMessages(rig, () => false);

/**
 * What a relay says and is told, from its first connection to the end of its first delivery.
 * @returns one line a message
 */
export async function messagesOfOneDelivery(rig: RelayRig): Promise<string[]> {
  const messages: string[] = [];
  await onMessages(rig, (message) => {
    messages.push(message);
    return false;
  });
  await writeItem(rig, randomUUID());
  const relay = await loadRelayProcess();
  relay.start(placesOf(rig));
  await vi.waitFor(async () => expect(await undelivered(rig)).toHaveLength(0), { timeout: 10_000 });
  relay.kill();
  await relay.ended;
  await letPass(rig);
  return messages.slice(0, messages.findIndex((message) => message.startsWith("C COMMIT")) + 2);
}

/**
 * Writes, kills a relay when `nth` of its messages is on its way (it is lost; all before it arrived),
 * and lets another one start.
 * @throws AssertionError when the write is lost or late, or what an edge can read goes back
 */
export async function killAt(rig: RelayRig, victim: RelayProcess, nth: number): Promise<void> {
  const look = () => edgeReader(rig)(rig.tenantId);
  const itemId = randomUUID();
  const before = await look();
  const xid = await writeItem(rig, itemId);

  let count = 0;
  await onMessages(rig, () => {
    if (++count !== nth) return false;
    victim.kill();
    return true;
  });
  victim.start(placesOf(rig));
  await victim.ended;
  const left = await look();
  neverBack(before, left, itemId);
  // Whoever trusts the watermark has the write.
  if (left.watermark > xid) expect(drawn(left, itemField("products", itemId))).toBeGreaterThan(0);

  await letPass(rig);
  const successor = startRelayHere(rig);
  await delivered(rig, successor, before, itemId);
  neverBack(left, await look(), itemId);
  await successor.end();
}

function neverBack(before: Snapshot, after: Snapshot, itemId: string): void {
  expect(after.watermark).toBeGreaterThanOrEqual(before.watermark);
  for (const field of [listField("products"), itemField("products", itemId)]) {
    expect(drawn(after, field)).toBeGreaterThanOrEqual(drawn(before, field));
  }
}

/** Kills at each of `places`; the next victim is loaded while the last one is mourned. */
export async function killAtEach(rig: RelayRig, places: readonly number[]): Promise<void> {
  let loading = loadRelayProcess();
  for (const [index, nth] of places.entries()) {
    const victim = await loading;
    if (index + 1 < places.length) loading = loadRelayProcess();
    await killAt(rig, victim, nth);
  }
}
