import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shopOf } from "#tests/support/shop.ts";
import { newTenant } from "#tests/support/stack.ts";
import { type Hall, histories, openHall, playOut } from "./oversell.ts";

let hall: Hall;
beforeAll(async () => {
  hall = await openHall();
});
afterAll(() => hall.stop());

test("nothing is oversold or lost, whatever is ordered, cancelled, adjusted and expires at the same time", async () => {
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      for (const status of await playOut(hall, history)) statuses.add(status);
    }),
    { numRuns: 6, endOnFailure: true },
  );
  // A history in which everything is refused, or nothing is, would prove nothing.
  expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 409]));
}, 60_000);

test("of twice as many orders as there are pieces, at once, exactly as many are taken as there are", async () => {
  const shop = shopOf((await newTenant()).id, hall.app.url);
  const productId = await shop.newProduct(16);
  const answers = await Promise.all(Array.from({ length: 32 }, () => shop.order([[productId, 1]])));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array(16).fill(201), ...Array(16).fill(409)]);
});

test("orders of the same products in opposite orders never deadlock", async () => {
  const shop = shopOf((await newTenant()).id, hall.app.url);
  const products = await Promise.all([shop.newProduct(99), shop.newProduct(99), shop.newProduct(99)]);
  const lines = products.map((id) => [id, 1] as const);
  const orders = Array.from({ length: 24 }, (_, n) => shop.order(n % 2 === 0 ? lines : lines.toReversed()));
  expect(new Set((await Promise.all(orders)).map(({ status }) => status))).toEqual(new Set([201]));
});

test("fifty writers that each read, change and write once make exactly as many versions as they succeed", async () => {
  const shop = shopOf((await newTenant()).id, hall.app.url);
  const productId = await shop.newProduct(100);
  const path = `/v1/products/${productId}/stock/main`;
  let succeeded = 0;
  async function write(): Promise<void> {
    const { json, headers } = await shop.send(path);
    const body = { onHand: json.onHand + 1, reason: "counted" };
    const answer = await shop.send(path, {
      method: "PUT",
      body,
      headers: { "if-match": headers.get("etag") ?? "" },
    });
    expect([200, 412]).toContain(answer.status);
    if (answer.status === 200) succeeded++;
  }
  await Promise.all(Array.from({ length: 50 }, write));
  const { json } = await shop.send(path);
  expect(succeeded).toBeGreaterThan(0);
  expect([json.version, json.onHand]).toEqual([1 + succeeded, 100 + succeeded]);
});
