import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  delivered,
  edgeReader,
  type RelayRig,
  startRelayHere,
  startRelayRig,
  undelivered,
  writeItem,
} from "#tests/support/relay-rig.ts";

/** A network that forgets connections without a word: TCP itself would wait for an answer for a quarter of an hour. */

let rig: RelayRig;
beforeAll(async () => {
  rig = await startRelayRig();
});
afterAll(() => rig.stop());

test("a relay whose connection to Postgres is lost without a word gives it up within seconds and goes on by another", {
  timeout: 60_000,
}, async () => {
  const relay = startRelayHere(rig);
  const before = await edgeReader(rig)(rig.tenantId);
  const known = randomUUID();
  await writeItem(rig, known);
  await delivered(rig, relay, before, known);

  rig.postgres.forget();
  await writeItem(rig, randomUUID());
  await vi.waitFor(async () => expect(await undelivered(rig)).toHaveLength(0), {
    timeout: 20_000,
    interval: 100,
  });
  expect(relay.state().failures).toBeGreaterThan(0);
  await relay.end();
});
