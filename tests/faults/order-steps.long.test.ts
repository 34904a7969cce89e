import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Answer } from "#tests/support/origin.ts";
import { type OrderRig, startOrderRig } from "./order-faults.ts";

/** What comes after an order was placed, while the connection to Postgres is cut at one message after the other. */

type Verb = "pay" | "fulfil" | "cancel";

/** The steps taken before, whole, and what has become of the order after the one that was cut. */
const STEPS = {
  pay: { before: [], state: "paid", version: 2, causes: ["reserved"], holds: ["active"] },
  fulfil: {
    before: ["pay"],
    state: "fulfilled",
    version: 3,
    causes: ["reserved", "fulfilled"],
    holds: ["fulfilled"],
  },
  cancel: {
    before: ["pay"],
    state: "cancelled",
    version: 3,
    causes: ["reserved", "released"],
    holds: ["released"],
  },
} as const;

let rig: OrderRig;
beforeAll(async () => {
  rig = await startOrderRig();
  await rig.database.sql`update webhooks set event_types = '{order.paid,order.fulfilled,order.cancelled}'`;
});
afterAll(() => rig.stop());

/** @returns whether there was a message to cut at */
async function cutAt(verb: Verb, nth: number): Promise<boolean> {
  const { before, ...expected } = STEPS[verb];
  const { json: order } = await rig.shop.order([[rig.products[0], 2]]);
  for (const step of before) expect((await rig.shop.step(order.id, step)).status).toBe(200);
  const key = randomUUID();
  const headers = { "if-match": `"${1 + before.length}"`, "idempotency-key": key };
  const take = (): Promise<Answer | null> => rig.shop.step(order.id, verb, headers).catch(() => null);

  let wasCut = false;
  const when = (_: unknown, count: number) => {
    wasCut ||= count === nth;
    return count === nth;
  };
  await rig.postgres.set({ kind: "cut", from: "client", at: "before", when });
  const first = await take();
  await rig.postgres.set({ kind: "pass" });
  if (first !== null && first.status !== 200) expect(first.status).toBeGreaterThanOrEqual(500);

  const answer = await vi.waitFor(
    async () => {
      const again = await take();
      // 409 while Postgres has not noticed yet that the first one is gone.
      expect([again?.status, again?.json?.code]).toEqual([200, undefined]);
      return again;
    },
    { timeout: 10_000, interval: 20 },
  );
  if (first?.status === 200) expect(answer?.text).toBe(first.text);
  const replayed = await take();
  expect([replayed?.text, replayed?.headers.get("idempotency-replayed")]).toEqual([answer?.text, "true"]);
  expect(await madeOf(order.id, key)).toEqual({ ...expected, keys: 1, told: 1 });
  return wasCut;
}

async function madeOf(orderId: string, key: string): Promise<unknown> {
  const [row] = await rig.database.sql`select state, version,
    (select array_agg(cause order by version) from stock_movements where order_id = ${orderId}) as causes,
    (select array_agg(state) from stock_reservations where order_id = ${orderId}) as holds,
    (select count(*)::int from idempotency_keys where key = ${key}) as keys,
    (select count(*)::int from webhook_deliveries join webhook_events on id = event_id
      where data ->> 'id' = ${orderId} and type = 'order.' || orders.state) as told
    from orders where id = ${orderId}`;
  return row;
}

// Before the next one is after this one: an order that is placed is cut at both, and at what Postgres says.
test.each(["pay", "fulfil", "cancel"] as const)(
  "the step %s is taken once when the connection is cut before any message of the client",
  async (verb) => {
    let nth = 1;
    while (await cutAt(verb, nth)) nth++;
    expect(nth).toBeGreaterThan(20);
  },
);
