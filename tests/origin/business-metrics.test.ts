import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { type OwnOrigin, startOwnOrigin } from "#tests/support/origin.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { stack } from "#tests/support/stack.ts";

/** What the business does, as an origin's `/metrics` counts it: each thing that was committed, once. */

/** A database of its own, for one test has a trigger in it. */
let database: OwnDatabase;
let redis: RunningRedis;
let origin: OwnOrigin;
let shop: Shop;
beforeAll(async () => {
  [database, redis] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
  origin = await startOwnOrigin({ DATABASE_URL: database.url, UPSTASH_REDIS_REST_URL: redis.url });
  shop = shopOf(await database.newTenant(), origin.url);
});
afterAll(async () => {
  await origin.stop();
  await redis.stop();
  await database.drop();
});

type Figures = Readonly<Record<string, number>>;

async function figures(): Promise<Figures> {
  const text = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  const samples = [
    ...text.matchAll(/^(gatehouse_(?:order|reserv|import|product_import|idempotency)\S*) (\S+)$/gm),
  ];
  return Object.fromEntries(samples.map(([, sample = "", value]) => [sample, Number(value)]));
}

let before: Figures;
beforeEach(async () => {
  before = await figures();
});

/** What has been counted since the test began. */
async function counted(): Promise<Figures> {
  const changes = Object.entries(await figures()).map(([sample, value]) => [
    sample,
    value - (before[sample] ?? 0),
  ]);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}

const ORDERS = 'gatehouse_orders_placed_total{currency="USD"}';
const VALUE = 'gatehouse_orders_placed_value_minor_total{currency="USD"}';

describe("orders", () => {
  test("are counted with their value when they are placed, and not when they are only repeated", async () => {
    const productId = await shop.newProduct(10);
    const key = randomUUID();
    for (const _ of [1, 2, 3]) expect((await shop.order([[productId, 2]], {}, key)).status).toBe(201);
    const replays = 'gatehouse_idempotency_replays_total{operation="createOrder"}';
    await expect.poll(counted).toEqual({ [ORDERS]: 1, [VALUE]: 2_000, [replays]: 2 });
  });

  test("that there is no stock for are counted as such once, and as placed never", async () => {
    const productId = await shop.newProduct(1);
    const key = randomUUID();
    for (const _ of [1, 2]) expect((await shop.order([[productId, 2]], {}, key)).status).toBe(409);
    const replays = 'gatehouse_idempotency_replays_total{operation="createOrder"}';
    await expect.poll(counted).toEqual({ gatehouse_orders_out_of_stock_total: 1, [replays]: 1 });
  });

  test("that are refused for anything else are not counted", async () => {
    expect((await shop.order([[randomUUID(), 1]])).status).toBe(422);
    expect(await counted()).toEqual({});
  });

  test("whose commit fails are not counted", async () => {
    const productId = await shop.newProduct(5);
    const { sql } = database;
    // Fires when the transaction commits, after all that the request itself does.
    await sql`create function refuse_order() returns trigger language plpgsql as
      $$ begin if new.reference = 'refused at commit' then raise exception 'refused'; end if; return null; end $$`;
    await sql`create constraint trigger refuse_order after insert on orders deferrable initially deferred
      for each row execute function refuse_order()`;
    expect((await shop.order([[productId, 1]], { reference: "refused at commit" })).status).toBe(500);
    expect(await counted()).toEqual({});
  });
});

test("reservations that there is no stock for are counted", async () => {
  const productId = await shop.newProduct(1);
  const body = { productId, quantity: 2 };
  expect((await shop.send("/v1/reservations", { method: "POST", body })).status).toBe(409);
  expect(await counted()).toEqual({ gatehouse_reservations_out_of_stock_total: 1 });
});

describe("imports", () => {
  const lines = (...skus: string[]) =>
    skus.map((sku) => JSON.stringify({ sku, name: `Lamp ${sku}` })).join("\n");
  const sent = (body: string) => ({ headers: { "content-type": "application/x-ndjson" }, body });

  test("in parts are counted with their lines, and lines that are sent again are not", async () => {
    const { json } = await shop.send("/v1/imports", { method: "POST", body: {} });
    const part = `/v1/imports/${json.id}/parts/1`;
    const body = `${lines("A", "B")}\nno JSON`;
    for (const _ of [1, 2])
      expect((await shop.send(part, { method: "POST", ...sent(body) })).status).toBe(200);
    const complete = { method: "POST", body: { parts: 1 } };
    for (const _ of [1, 2])
      expect((await shop.send(`/v1/imports/${json.id}/complete`, complete)).status).toBe(200);
    expect(await counted()).toEqual({
      'gatehouse_imports_total{step="created"}': 1,
      'gatehouse_imports_total{step="completed"}': 1,
      'gatehouse_import_lines_total{outcome="created"}': 2,
      'gatehouse_import_lines_total{outcome="failed"}': 1,
    });
  });

  test("in one request are counted by their lines", async () => {
    const body = `${lines("C", "D")}\nno JSON`;
    const { status } = await shop.send("/v1/products/import", { method: "POST", ...sent(body) });
    expect(status).toBe(200);
    await shop.send("/v1/products/import", { method: "POST", ...sent(lines("C")) });
    expect(await counted()).toEqual({
      'gatehouse_product_import_lines_total{outcome="created"}': 2,
      'gatehouse_product_import_lines_total{outcome="updated"}': 1,
      'gatehouse_product_import_lines_total{outcome="failed"}': 1,
    });
  });
});
