import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { describeGuards } from "#tests/support/guards.ts";
import { type Answer, originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

let send: Send;
let stranger: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
  stranger = originClient((await newTenant()).id);
});

async function newProduct(body: object = {}, by = send): Promise<string> {
  const answer = await by("/v1/products", {
    method: "POST",
    body: { sku: randomUUID(), name: "A lamp", ...body },
  });
  return answer.json.id;
}

function adjust(productId: string, change: unknown, headers = {}, location = "main", by = send) {
  const body = { change, reason: "delivery" };
  return by(`/v1/products/${productId}/stock/${location}/adjustments`, { method: "POST", body, headers });
}

function count(productId: string, onHand: unknown, headers = {}, location = "main", by = send) {
  const body = { onHand, reason: "stocktaking" };
  return by(`/v1/products/${productId}/stock/${location}`, { method: "PUT", body, headers });
}

function reserve(productId: string, quantity: number, body: object = {}, headers = {}, by = send) {
  return by("/v1/reservations", { method: "POST", body: { productId, quantity, ...body }, headers });
}

const release = (id: string, by = send) => by(`/v1/reservations/${id}`, { method: "DELETE" });
const stockOf = async (productId: string) => (await send(`/v1/products/${productId}/stock`)).json;
const inStock = async (productId: string) => (await send(`/v1/products/${productId}`)).json.inStock;

async function stocked(onHand: number): Promise<string> {
  const productId = await newProduct();
  await adjust(productId, onHand);
  return productId;
}

const placesOf = ({ json }: Answer) =>
  json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`);

describe("adjustStock", () => {
  test("answers 200 with the level, an ETag and its place in the commit order", async () => {
    const productId = await newProduct();
    const { status, headers, json } = await adjust(productId, 5);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      productId,
      location: "main",
      onHand: 5,
      reserved: 0,
      available: 5,
      version: 1,
    });
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
    expect((await adjust(productId, -5, { "if-match": '"1"' })).json).toMatchObject({
      onHand: 0,
      version: 2,
    });
  });

  test("answers 200 again to a repetition with the same Idempotency-Key, and adjusts once", async () => {
    const productId = await newProduct();
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [await adjust(productId, 5, key), await adjust(productId, 5, key)];
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await stockOf(productId)).onHand).toBe(5);
  });

  test("answers 400 that names every field and rule", async () => {
    expect(placesOf(await adjust("12", 1))).toEqual(["/productId pattern"]);
    const productId = await newProduct();
    expect(placesOf(await adjust(productId, 1.5))).toEqual(["/change type"]);
    expect(placesOf(await adjust(productId, 1, {}, "a,b"))).toEqual(["/location pattern"]);
  });

  test("answers 404 when there is no such product, it was deleted, or it is another tenant's", async () => {
    const productId = await newProduct();
    expect((await adjust(productId, 1, {}, "main", stranger)).status).toBe(404);
    await send(`/v1/products/${productId}`, { method: "DELETE" });
    expect((await adjust(productId, 1)).status).toBe(404);
    expect((await adjust(randomUUID(), 1)).status).toBe(404);
  });

  test("answers 409 when more is taken than is not reserved, and leaves no trace", async () => {
    const productId = await stocked(5);
    await reserve(productId, 2);
    const refused = await adjust(productId, -4);
    expect(refused.status).toBe(409);
    expect(refused.json.errors).toEqual([
      { in: "body", pointer: "/change", rule: "available", detail: "only 3 are available" },
    ]);
    expect((await adjust(await newProduct(), -1)).status).toBe(409);
    expect(await stockOf(productId)).toMatchObject({ onHand: 5, reserved: 2, available: 3 });
  });

  test("answers 412 when If-Match names another version", async () => {
    const productId = await stocked(5);
    expect((await adjust(productId, 1, { "if-match": '"2"' })).status).toBe(412);
  });

  test("answers 412 to any If-Match where there is no level, and makes none", async () => {
    const productId = await newProduct();
    for (const ifMatch of ["*", '"0"', '"1"']) {
      expect((await adjust(productId, 1, { "if-match": ifMatch })).status).toBe(412);
    }
    expect((await stockOf(productId)).levels).toEqual([]);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    const path = `/v1/products/${await newProduct()}/stock/main/adjustments`;
    const body = { change: 1, reason: "x".repeat(20_000) };
    expect((await send(path, { method: "POST", body })).status).toBe(413);
    const headers = { "content-type": "text/csv" };
    expect((await send(path, { method: "POST", body: "x", headers })).status).toBe(415);
  });

  test("answers 422 to nothing, to more than can be counted, and to a key of another request", async () => {
    const productId = await stocked(1);
    expect(placesOf(await adjust(productId, 0))).toEqual(["/change not"]);
    expect(placesOf(await adjust(productId, 1_000_000_000))).toEqual(["/change maximum"]);
    const key = { "idempotency-key": randomUUID() };
    await adjust(productId, 1, key);
    expect((await adjust(productId, 2, key)).json.code).toBe("idempotency-key-reused");
  });
});

describe("setStockLevel", () => {
  test("answers 201 to a level that is new, 200 to one that is not, and keeps what is reserved", async () => {
    const productId = await newProduct();
    const made = await count(productId, 7);
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`/v1/products/${productId}/stock/main`);
    await reserve(productId, 2);
    const counted = await count(productId, 4, { "if-match": '"2"' });
    expect([counted.status, counted.headers.get("etag")]).toEqual([200, '"3"']);
    expect(counted.json).toMatchObject({ onHand: 4, reserved: 2, available: 2 });
  });

  test("answers 400 to less than nothing", async () => {
    expect(placesOf(await count(await newProduct(), -1))).toEqual(["/onHand minimum"]);
  });

  test("answers 404 when there is no such product, and to another tenant the same", async () => {
    expect((await count(randomUUID(), 1)).status).toBe(404);
    expect((await count(await newProduct(), 1, {}, "main", stranger)).status).toBe(404);
  });

  test("answers 409 to less than what is reserved", async () => {
    const productId = await stocked(5);
    await reserve(productId, 3);
    const refused = await count(productId, 2, { "if-match": "*" });
    expect([refused.status, placesOf(refused)]).toEqual([409, ["/onHand reserved"]]);
  });

  test("answers 412 to another version, and to any where there is no level", async () => {
    const productId = await stocked(5);
    expect((await count(productId, 1, { "if-match": '"7"' })).status).toBe(412);
    expect((await count(productId, 1, { "if-match": "*" }, "elsewhere")).status).toBe(412);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    const path = `/v1/products/${await newProduct()}/stock/main`;
    const body = { onHand: 1, reason: "x".repeat(20_000) };
    expect((await send(path, { method: "PUT", body })).status).toBe(413);
    const headers = { "content-type": "text/csv" };
    expect((await send(path, { method: "PUT", body: "x", headers })).status).toBe(415);
  });

  test("answers 428 without If-Match where there is a level", async () => {
    expect((await count(await stocked(5), 1)).status).toBe(428);
  });
});

describe("getStock and getStockLevel", () => {
  test("answer 200 with all locations, and with one", async () => {
    const productId = await stocked(5);
    await adjust(productId, 3, {}, "attic");
    await reserve(productId, 4);
    expect(await stockOf(productId)).toMatchObject({
      productId,
      onHand: 8,
      reserved: 4,
      available: 4,
      levels: [
        { location: "attic", available: 3 },
        { location: "main", available: 1 },
      ],
    });
    const level = await send(`/v1/products/${productId}/stock/main`);
    expect([level.status, level.headers.get("etag")]).toEqual([200, '"2"']);
    expect(level.json).toEqual((await stockOf(productId)).levels[1]);
  });

  test("answer 200 with nothing, and 404, where no stock is kept", async () => {
    const productId = await newProduct();
    expect(await stockOf(productId)).toEqual({ productId, onHand: 0, reserved: 0, available: 0, levels: [] });
    expect((await send(`/v1/products/${productId}/stock/main`)).status).toBe(404);
  });

  test("answer 400 to what is no id or no location", async () => {
    expect((await send("/v1/products/12/stock")).status).toBe(400);
    expect((await send(`/v1/products/${randomUUID()}/stock/a,b`)).status).toBe(400);
  });

  test("answer 404 when there is no such product, it was deleted, or it is another tenant's", async () => {
    const productId = await stocked(5);
    for (const path of [`/v1/products/${productId}/stock`, `/v1/products/${productId}/stock/main`])
      expect((await stranger(path)).status).toBe(404);
    await send(`/v1/products/${productId}`, { method: "DELETE" });
    for (const path of [`/v1/products/${productId}/stock`, `/v1/products/${productId}/stock/main`])
      expect((await send(path)).status).toBe(404);
    expect((await send(`/v1/products/${randomUUID()}/stock`)).status).toBe(404);
  });
});

describe("createReservation", () => {
  test("answers 201 with an ETag and a Location, and takes it from what is available", async () => {
    const productId = await stocked(5);
    const { status, headers, json } = await reserve(productId, 2);
    expect(status).toBe(201);
    expect(json).toMatchObject({ productId, location: "main", quantity: 2, state: "active", orderId: null });
    expect(headers.get("location")).toBe(`/v1/reservations/${json.id}`);
    expect(headers.get("etag")).toBe('"1"');
    expect((await send(`/v1/reservations/${json.id}`)).json).toEqual(json);
    expect(await stockOf(productId)).toMatchObject({ onHand: 5, reserved: 2, available: 3 });
  });

  test("takes it where it is asked for, else where there is enough of it", async () => {
    const productId = await stocked(5);
    await adjust(productId, 1, {}, "attic");
    expect((await reserve(productId, 2)).json.location).toBe("main");
    expect((await reserve(productId, 1, { location: "main" })).json.location).toBe("main");
    expect((await reserve(productId, 1)).json.location).toBe("attic");
  });

  test("answers 201 again to a repetition with the same Idempotency-Key, and reserves once", async () => {
    const productId = await stocked(5);
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [await reserve(productId, 2, {}, key), await reserve(productId, 2, {}, key)];
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect((await stockOf(productId)).reserved).toBe(2);
  });

  test("answers 400 to nothing, and to a time that is too long", async () => {
    expect(placesOf(await reserve(await newProduct(), 0, { ttlSeconds: 90_000 })).sort()).toEqual([
      "/quantity minimum",
      "/ttlSeconds maximum",
    ]);
  });

  test("answers 409 that says what there is", async () => {
    const productId = await stocked(5);
    const refused = await reserve(productId, 6);
    expect(refused.status).toBe(409);
    expect(refused.json.errors[0]).toMatchObject({ pointer: "/quantity", rule: "available" });
    expect(refused.json.errors[0].detail).toContain("only 5");
    expect((await reserve(productId, 1, { location: "nowhere" })).status).toBe(409);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    expect((await reserve(randomUUID(), 1, { location: "x".repeat(20_000) })).status).toBe(413);
    expect((await reserve(randomUUID(), 1, {}, { "content-type": "text/csv" })).status).toBe(415);
  });

  test("answers 422 when there is no such product, and to another tenant the same", async () => {
    const productId = await stocked(5);
    expect(placesOf(await reserve(randomUUID(), 1))).toEqual(["/productId exists"]);
    expect((await reserve(productId, 1, {}, {}, stranger)).status).toBe(422);
    const key = { "idempotency-key": randomUUID() };
    await reserve(productId, 1, {}, key);
    expect((await reserve(productId, 2, {}, key)).json.code).toBe("idempotency-key-reused");
  });
});

describe("releaseReservation", () => {
  test("answers 204, and 204 again, and gives the stock back once", async () => {
    const productId = await stocked(5);
    const { json } = await reserve(productId, 2);
    for (const _ of [1, 2]) expect((await release(json.id)).status).toBe(204);
    expect(await stockOf(productId)).toMatchObject({ onHand: 5, reserved: 0 });
    expect((await send(`/v1/reservations/${json.id}`)).json).toMatchObject({ state: "released", version: 2 });
  });

  test("answers 412 when If-Match names another version", async () => {
    const path = `/v1/reservations/${(await reserve(await stocked(5), 2)).json.id}`;
    const releaseIf = (tag: string) => send(path, { method: "DELETE", headers: { "if-match": tag } });
    expect((await releaseIf('"2"')).status).toBe(412);
    expect((await releaseIf('"1"')).status).toBe(204);
  });

  test("answers 400 to what is no id, and 404 to one that names nothing of this tenant's", async () => {
    const { json } = await reserve(await stocked(5), 2);
    expect((await release("12")).status).toBe(400);
    expect((await release(randomUUID())).status).toBe(404);
    expect((await release(json.id, stranger)).status).toBe(404);
    expect((await stranger(`/v1/reservations/${json.id}`)).status).toBe(404);
    expect((await send("/v1/reservations/12")).status).toBe(400);
  });
});

test("a reservation whose time is up is given back by the sweep, which announces it", async () => {
  const productId = await stocked(1);
  const { json } = await reserve(productId, 1, { ttlSeconds: 1 });
  expect(await inStock(productId)).toBe(false);
  await vi.waitFor(
    async () => expect((await send(`/v1/reservations/${json.id}`)).json.state).toBe("expired"),
    { timeout: 15_000, interval: 50 },
  );
  expect(await stockOf(productId)).toMatchObject({ onHand: 1, reserved: 0, available: 1 });
  expect(await inStock(productId)).toBe(true);
  const rows = await owner()`select collection from outbox
    where tenant_id = ${tenantId} and item_id in (${productId}, ${json.id}) order by id desc limit 3`;
  expect(rows.map(({ collection }) => collection).sort()).toEqual(["products", "reservations", "stock"]);
});

describe("a product", () => {
  test("says what its tenant says, as long as no stock is kept for it", async () => {
    for (const inStockSaid of [true, false])
      expect(await inStock(await newProduct({ inStock: inStockSaid }))).toBe(inStockSaid);
  });

  test("says whether stock is available from then on, whatever is written, and its version tells", async () => {
    const productId = await newProduct({ inStock: false });
    await adjust(productId, 2);
    const available = await send(`/v1/products/${productId}`);
    expect([available.json.inStock, available.headers.get("etag")]).toEqual([true, '"2"']);
    await reserve(productId, 1);
    expect((await send(`/v1/products/${productId}`)).headers.get("etag")).toBe('"2"');
    await reserve(productId, 1);
    expect(await inStock(productId)).toBe(false);
    const headers = { "content-type": "application/merge-patch+json", "if-match": "*" };
    const patched = await send(`/v1/products/${productId}`, {
      method: "PATCH",
      body: { inStock: true, name: "Still none" },
      headers,
    });
    expect(patched.json).toMatchObject({ name: "Still none", inStock: false });
    expect(await inStock(productId)).toBe(false);
  });

  test("says so of its first stock, even if there is none of it", async () => {
    const productId = await newProduct({ inStock: true });
    await count(productId, 0);
    expect(await inStock(productId)).toBe(false);
  });
});

describe("listStockMovements", () => {
  const ledger = async (productId: string, more = "") =>
    (await send(`/v1/stock-movements?productId=${productId}${more}`)).json;

  test("answers 200 with every change and its cause, newest first, page by page", async () => {
    const productId = await stocked(5);
    const { json } = await reserve(productId, 2);
    await release(json.id);
    await count(productId, 4, { "if-match": "*" });
    const { data } = await ledger(productId);
    expect(data).toMatchObject([
      { cause: "counted", onHandChange: -1, onHand: 4, reserved: 0, version: 4, reason: "stocktaking" },
      { cause: "released", reservedChange: -2, reserved: 0, version: 3, reservationId: json.id },
      { cause: "reserved", reservedChange: 2, reserved: 2, version: 2, reservationId: json.id, reason: null },
      { cause: "adjusted", onHandChange: 5, onHand: 5, version: 1, reason: "delivery" },
    ]);
    const first = await ledger(productId, "&pageSize=3");
    const rest = await ledger(productId, `&pageSize=3&cursor=${first.meta.nextCursor}`);
    expect([...first.data, ...rest.data]).toEqual(data);
    expect(rest.meta.nextCursor).toBeNull();
  });

  test("answers 400 to a forged cursor and to what is no id", async () => {
    expect((await send("/v1/stock-movements?cursor=forged")).status).toBe(400);
    expect((await send("/v1/stock-movements?productId=12")).status).toBe(400);
  });

  test("shows nothing of another tenant's", async () => {
    const productId = await stocked(5);
    expect((await stranger(`/v1/stock-movements?productId=${productId}`)).json.data).toEqual([]);
  });

  test("cannot be rewritten, not even by the origin's role", async () => {
    const app = postgres(stack().databaseUrl, { max: 1, onnotice: () => undefined });
    for (const statement of ["update stock_movements set on_hand = 1", "delete from stock_movements"])
      await expect(app.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
    await app.end();
  });
});

describe("the last line", () => {
  test.each([
    ["on_hand = -1, reserved = -2", "stock_on_hand_bounded"],
    ["reserved = -1", "stock_reserved_not_negative"],
    ["reserved = on_hand + 1", "stock_not_oversold"],
  ])("refuses `set %s` whoever tries", async (change, constraint) => {
    const productId = await stocked(5);
    const attempt = owner().unsafe(`update stock_levels set ${change} where product_id = '${productId}'`);
    await expect(attempt).rejects.toMatchObject({ code: "23514", constraint_name: constraint });
  });
});

describeGuards({
  getStock: "catalog:read",
  getStockLevel: "catalog:read",
  listStockMovements: "catalog:read",
  getReservation: "catalog:read",
  setStockLevel: "catalog:write",
  adjustStock: "catalog:write",
  createReservation: "catalog:write",
  releaseReservation: "catalog:write",
});
