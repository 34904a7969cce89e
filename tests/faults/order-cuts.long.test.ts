import { afterAll, beforeAll, expect, test } from "vitest";
import { cutAt, type OrderRig, startOrderRig } from "./order-faults.ts";

let rig: OrderRig;
beforeAll(async () => {
  rig = await startOrderRig();
});
afterAll(() => rig.stop());

test.each([
  ["before", "client"],
  ["after", "client"],
  ["before", "server"],
  ["after", "server"],
] as const)(
  "an order is placed once when the connection is cut %s any message of the %s",
  async (at, from) => {
    let nth = 1;
    while (await cutAt(rig, { from, at }, nth)) nth++;
    expect(nth).toBeGreaterThan(30);
  },
);
