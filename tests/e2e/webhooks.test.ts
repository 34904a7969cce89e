import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";
import { startReceiver } from "#tests/support/webhook-receiver.ts";

async function shop() {
  const { id } = await newTenant();
  const token = await mintToken({ tenantId: id, scopes: scopesOf(contract) });
  const client = createClient({ baseUrl: stack().edgeUrl, token });
  const body = { sku: "A", name: "Lamp", price: { amountMinor: 100, currency: "EUR" } } as const;
  const productId = (await client.createProduct({ body })).body.id;
  await client.setStockLevel({ params: { productId, location: "main" }, body: { onHand: 5, reason: "x" } });
  const order = async (quantity: number) => {
    const lines = [{ productId, quantity }];
    return client.createOrder({ idempotencyKey: randomUUID(), body: { currency: "EUR", lines } });
  };
  return { client, productId, order };
}

test("a receiver is told, through both tiers, of an order's whole life and of prices, and can verify it", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const { client, productId, order } = await shop();
  const eventTypes = [
    "order.placed",
    "order.paid",
    "order.fulfilled",
    "order.cancelled",
    "price.changed",
  ] as const;
  const { secret } = (
    await client.createWebhook({ body: { url: receiver.url, eventTypes: [...eventTypes] } })
  ).body;

  const headers = { "if-match": "*" };
  const first = (await order(2)).body;
  await client.payOrder({ params: { orderId: first.id }, headers });
  const fulfilled = (await client.fulfilOrder({ params: { orderId: first.id }, headers })).body;
  const second = (await order(1)).body;
  await client.cancelOrder({ params: { orderId: second.id }, headers });
  const price = (await client.createPrice({ body: { productId, currency: "EUR", listMinor: 200 } })).body;
  // There is not so much: nothing happens, and nothing is told.
  await expect(order(1_000)).rejects.toMatchObject({ status: 409 });

  await receiver.has(6);
  const events = receiver.received.map(
    ({ body, headers }) =>
      new Webhook(secret).verify(body, headers) as { type: string; data: { id: string } },
  );
  const told = events.map(({ type, data }) => `${type} ${data.id}`).sort();
  expect(told).toEqual([
    `order.cancelled ${second.id}`,
    `order.fulfilled ${first.id}`,
    `order.paid ${first.id}`,
    `order.placed ${first.id}`,
    `order.placed ${second.id}`,
    `price.changed ${price.id}`,
  ]);
  const dataOf = (type: string, id: string) =>
    events.find((event) => event.type === type && event.data.id === id)?.data;
  expect(dataOf("order.placed", first.id)).toEqual(first);
  expect(dataOf("price.changed", price.id)).toEqual(price);
  // As the API shows it: with its lines, which whoever hands it over needs.
  expect(dataOf("order.fulfilled", first.id)).toEqual(fulfilled);
});

test("a repetition of an order by its Idempotency-Key is told of once", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const { client, productId } = await shop();
  const { id } = (await client.createWebhook({ body: { url: receiver.url, eventTypes: ["order.placed"] } }))
    .body;
  const body = { currency: "EUR", lines: [{ productId, quantity: 1 }] };
  const idempotencyKey = randomUUID();
  for (let time = 0; time < 3; time++) await client.createOrder({ idempotencyKey, body });
  const { data } = (await client.listWebhookDeliveries({ params: { webhookId: id } })).body;
  expect(data.map(({ type }) => type)).toEqual(["order.placed"]);
  await receiver.has(1);
});
