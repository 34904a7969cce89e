import { afterAll, beforeAll, expect, test } from "vitest";
import { killAt, loadVictim, type OrderRig, startOrderRig } from "./order-faults.ts";

let rig: OrderRig;
beforeAll(async () => {
  rig = await startOrderRig();
});
afterAll(() => rig.stop());

/** To Postgres a client that is killed looks like one that is cut off, which another test does at every message. */
const STEP = 2;

test("an order is placed once when the origin is killed, from its first message to Postgres to its last", async () => {
  let victim = await loadVictim(rig);
  for (let nth = 1; ; nth += STEP) {
    // The next one is loaded while this one dies.
    const next = loadVictim(rig);
    const killed = await killAt(rig, victim, nth);
    victim = await next;
    if (killed) continue;
    victim.kill();
    expect(nth).toBeGreaterThan(30);
    return;
  }
});
