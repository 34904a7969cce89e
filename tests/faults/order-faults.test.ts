import { afterAll, beforeAll, expect, test } from "vitest";
import { cutAt, killAt, loadVictim, type OrderRig, startOrderRig } from "./order-faults.ts";

/** A sample of the places; the long tests of cuts and kills go through all of them. */
let rig: OrderRig;
beforeAll(async () => {
  rig = await startOrderRig();
});
afterAll(() => rig.stop());

test("an order is placed once, with one answer, wherever the connection to Postgres is cut", async () => {
  let cuts = 0;
  for (let nth = 2; await cutAt(rig, { from: "client", at: "before" }, nth); nth += 6) cuts++;
  for (let nth = 5; await cutAt(rig, { from: "server", at: "after" }, nth); nth += 12) cuts++;
  expect(cuts).toBeGreaterThan(8);
}, 60_000);

test("an order is placed once, with one answer, when the origin is killed while it places it", async () => {
  const victim = await loadVictim(rig);
  expect(await killAt(rig, victim, 30)).toBe(true);
}, 60_000);
