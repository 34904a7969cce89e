import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Client, createClient } from "#shared/client.ts";
import { contract, type GatehouseContract, scopesOf } from "#shared/contract.ts";
import { mintToken, newTenant, owner, stack } from "#tests/support/stack.ts";

/**
 * What the edge has cached is renewed by writes of other resources that it shows: without a consistency
 * token, long before an answer's time is up.
 */
describe("what the edge shows of a product", () => {
  let client: Client<GatehouseContract>;
  let productId: string;
  const location = "main";

  beforeAll(async () => {
    const { id: tenantId } = await newTenant();
    const token = await mintToken({ tenantId, scopes: scopesOf(contract) });
    client = createClient({ baseUrl: stack().edgeUrl, token });
    const price = { amountMinor: 900, currency: "USD" };
    const body = { sku: "LAMP", name: "A lamp", price, inStock: false };
    productId = (await client.createProduct({ body })).body.id;
  });

  const look = async () => {
    const params = { productId };
    const [product, listed, prices, stock, orders] = await Promise.all([
      client.getProduct({ params }),
      client.listProducts({ query: {} }),
      client.getProductPrices({ params }),
      client.getStock({ params }),
      client.listOrders({ query: {} }),
    ]);
    return {
      inStock: [product.body.inStock, listed.body.data[0]?.inStock],
      prices: prices.body.data.map(({ amountMinor }) => amountMinor),
      stock: [stock.body.onHand, stock.body.reserved],
      orders: orders.body.data.map(({ state }) => state),
    };
  };
  /** The bound is two seconds; the machine of the tests is busy, and another test may hold a transaction open. */
  const shows = (wanted: Awaited<ReturnType<typeof look>>) =>
    vi.waitFor(async () => expect(await look()).toEqual(wanted), { timeout: 20_000, interval: 100 });

  test("follows its stock, prices and orders, and what time does to them", async () => {
    await shows({ inStock: [false, false], prices: [900], stock: [0, 0], orders: [] });

    const body = { change: 2, reason: "delivery" };
    await client.adjustStock({ params: { productId, location }, body });
    await shows({ inStock: [true, true], prices: [900], stock: [2, 0], orders: [] });

    await client.createPrice({ body: { productId, currency: "USD", listMinor: 800 } });
    await shows({ inStock: [true, true], prices: [800], stock: [2, 0], orders: [] });

    const lines = [{ productId, quantity: 2 }];
    const order = { currency: "USD", lines };
    const { body: placed } = await client.createOrder({ body: order, idempotencyKey: randomUUID() });
    expect(placed.totalMinor).toBe(1_600);
    await shows({ inStock: [false, false], prices: [800], stock: [2, 2], orders: ["pending"] });

    await owner()`update orders set expires_at = now() where id = ${placed.id}`;
    await shows({ inStock: [true, true], prices: [800], stock: [2, 0], orders: ["expired"] });
  }, 90_000);

  test("changes by itself when a price begins and ends, and is not shown longer than it holds", async () => {
    const start = Date.now() + 1_500;
    const validFrom = new Date(start).toISOString();
    const validUntil = new Date(start + 5_000).toISOString();
    await client.createPrice({
      body: { productId, currency: "USD", listMinor: 800, saleMinor: 700, validFrom, validUntil },
    });
    const amount = async () =>
      (await client.getProductPrices({ params: { productId } })).body.data[0]?.amountMinor;
    await vi.waitFor(async () => expect(await amount()).toBe(700), { timeout: 15_000, interval: 50 });
    await vi.waitFor(async () => expect(await amount()).toBe(800), { timeout: 15_000, interval: 50 });
  }, 60_000);
});
