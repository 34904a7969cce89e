import { afterAll, beforeAll, expect, test } from "vitest";
import { type RelayRig, startRelayRig } from "#tests/support/relay-rig.ts";
import { killAtEach, messagesOfOneDelivery } from "./relay-kills.ts";

let rig: RelayRig;
beforeAll(async () => {
  rig = await startRelayRig();
});
afterAll(() => rig.stop());

test("no write is lost and nothing goes back, whichever message to or from Postgres or Redis a relay is killed at", async () => {
  const messages = await messagesOfOneDelivery(rig);
  expect(messages.length).toBeGreaterThan(50);
  await killAtEach(
    rig,
    messages.map((_, index) => index + 1),
  );
}, 600_000);
