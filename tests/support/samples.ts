import { randomUUID } from "node:crypto";
import type { Client } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import type { Route } from "#shared/route.ts";

/** One of everything that a tenant can have, so that tests can call every route that reads. */

/** What exists, by the path parameter that names it. */
export type Samples = Readonly<Record<string, string>>;

/** A parameter in a route's path. */
const PARAMETER = /:(\w+)/g;

/**
 * Makes one of each; a new resource adds its own.
 * @param mark comes in each of them, so that an answer shows whose it is
 */
export async function makeSamples(client: Client<GatehouseContract>, mark: string): Promise<Samples> {
  const category = await client.createCategory({ body: { name: `Category of ${mark}` } });
  const categoryId = category.body.id;
  const product = await client.createProduct({
    body: { sku: "SAME", name: `Lamp of ${mark}`, categoryId, price: { amountMinor: 100, currency: "EUR" } },
  });
  const productId = product.body.id;
  const price = await client.createPrice({ body: { productId, currency: "EUR", listMinor: 200 } });
  const location = "main";
  const stock = { onHand: 10, reason: `Counted for ${mark}` };
  await client.setStockLevel({ params: { productId, location }, body: stock });
  const line = { productId, quantity: 1 };
  const reservation = await client.createReservation({ body: line });
  const order = await client.createOrder({
    idempotencyKey: randomUUID(),
    body: { currency: "EUR", lines: [line], reference: `Order of ${mark}` },
  });
  const { id: importId } = (await client.createImport({ body: { name: `Feed of ${mark}` } })).body;
  const part = { importId, number: 1 };
  await client.sendImportPart({ params: part, body: `{"sku":"FED","name":"Fed of ${mark}"}` });
  // A public address that nobody has: nothing is sent there, for nothing happens that it asks for.
  const hook = {
    url: "https://hooks.example.com/",
    eventTypes: ["webhook.test" as const],
    description: mark,
  };
  const webhook = await client.createWebhook({ body: hook });
  return {
    webhookId: webhook.body.id,
    ...{ importId, number: "1" },
    ...{ categoryId, productId, priceId: price.body.id, location },
    ...{ reservationId: reservation.body.id, orderId: order.body.id, code: "unavailable" },
  };
}

/**
 * The route's path with a sample for each parameter.
 * @param otherwise names what there is no sample of; left out, that is an error
 */
export function sampledPath(
  { path }: Pick<Route, "path">,
  samples: Samples,
  otherwise: (parameter: string) => string = refuse,
): string {
  return path.replace(PARAMETER, (_, name: string) => samples[name] ?? otherwise(name));
}

function refuse(parameter: string): never {
  throw new Error(`makeSamples makes nothing that :${parameter} could name`);
}
