import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { describeGuards } from "#tests/support/guards.ts";
import { type Answer, originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

let send: Send;
let stranger: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
  stranger = originClient((await newTenant()).id);
});

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

async function newProduct(body: object = {}, by = send): Promise<string> {
  const answer = await by("/v1/products", {
    method: "POST",
    body: { sku: randomUUID(), name: "A lamp", ...body },
  });
  return answer.json.id;
}

function create(productId: string, body: object = {}, headers = {}, by = send): Promise<Answer> {
  return by("/v1/prices", {
    method: "POST",
    body: { productId, currency: "USD", listMinor: 1_000, ...body },
    headers,
  });
}

const createAll = (prices: readonly object[], headers = {}) =>
  send("/v1/prices/bulk", { method: "POST", body: { prices }, headers });

function patch(id: string, body: object, headers: Record<string, string> = { "if-match": "*" }, by = send) {
  const mediaType = { "content-type": "application/merge-patch+json" };
  return by(`/v1/prices/${id}`, { method: "PATCH", body, headers: { ...mediaType, ...headers } });
}

const withdraw = (id: string, headers = {}, by = send) =>
  by(`/v1/prices/${id}`, { method: "DELETE", headers });

const current = async (productId: string) => (await send(`/v1/products/${productId}/prices`)).json.data;

const placesOf = ({ json }: Answer) =>
  json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`);

/** Moves a price back in time, as if it had been made then. */
const backdate = (id: string, minutes: number) =>
  owner()`update prices set valid_from = valid_from - ${`${minutes} minutes`}::interval
    where tenant_id = ${tenantId} and id = ${id}`;

describe("createPrice", () => {
  test("answers 201 with a price that holds from now on, an ETag, a Location and its place in the commit order", async () => {
    const productId = await newProduct();
    const { status, headers, json } = await create(productId, { saleMinor: 900 });
    expect(status).toBe(201);
    expect(json).toMatchObject({ productId, currency: "USD", listMinor: 1_000, saleMinor: 900, version: 1 });
    expect(json.validUntil).toBeNull();
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/prices/${json.id}`);
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
    expect(await current(productId)).toEqual([
      { currency: "USD", amountMinor: 900, listMinor: 1_000, priceId: json.id },
    ]);
  });

  test("answers 201 again to a repetition with the same Idempotency-Key, and creates once", async () => {
    const productId = await newProduct();
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [await create(productId, {}, key), await create(productId, {}, key)];
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("answers 400 that names every field and rule", async () => {
    const answer = await create("12", { currency: "XXX", listMinor: -1, saleMinor: 1.5, colour: 1 });
    expect(answer.status).toBe(400);
    expect(placesOf(answer)).toEqual(
      expect.arrayContaining([
        "/productId pattern",
        "/currency enum",
        "/listMinor minimum",
        "/colour additionalProperties",
      ]),
    );
  });

  test.each(["2026-02-30T00:00:00.000Z", "2100-02-29T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "tomorrow"])(
    "answers 400 to %s, which no calendar has",
    async (validFrom) => {
      const answer = await create(await newProduct(), { validFrom });
      expect(answer.status).toBe(400);
      expect(placesOf(answer)).toEqual(["/validFrom pattern"]);
    },
  );

  test("answers 201 to the last instant that can be written, and to a leap day", async () => {
    const productId = await newProduct();
    for (const validFrom of ["2096-02-29T00:00:00.000Z", "2400-02-29T00:00:00.000Z"]) {
      const made = await create(productId, { validFrom, validUntil: "9999-12-31T23:59:59.999Z" });
      expect([made.status, made.json.validFrom]).toEqual([201, validFrom]);
    }
  });

  test("answers 409 when another price of it begins at that instant, unless that one was withdrawn", async () => {
    const productId = await newProduct();
    const validFrom = inMinutes(5);
    const first = await create(productId, { validFrom });
    const second = await create(productId, { validFrom });
    expect(second.status).toBe(409);
    expect(placesOf(second)).toEqual(["/validFrom unique"]);
    expect((await create(productId, { validFrom, currency: "CLP" })).status).toBe(201);
    await withdraw(first.json.id);
    expect((await create(productId, { validFrom })).status).toBe(201);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    const large = await create(await newProduct(), { colour: "x".repeat(20_000) });
    expect(large.status).toBe(413);
    expect((await create(await newProduct(), {}, { "content-type": "text/csv" })).status).toBe(415);
  });

  test("answers 422 when the product does not exist, was deleted or is another tenant's, the same", async () => {
    const gone = await newProduct();
    await send(`/v1/products/${gone}`, { method: "DELETE" });
    const answers = await Promise.all(
      [randomUUID(), gone, await newProduct({}, stranger)].map((id) => create(id)),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(422);
      expect(placesOf(answer)).toEqual(["/productId exists"]);
    }
  });

  test("answers 422 to a sale above the list price, a start in the past and an end before the start", async () => {
    const values = { saleMinor: 1_001, validFrom: inMinutes(-1), validUntil: inMinutes(-2) };
    const answer = await create(await newProduct(), values);
    expect(answer.status).toBe(422);
    expect(placesOf(answer)).toEqual(["/saleMinor maximum", "/validFrom past", "/validUntil after"]);
  });

  test("answers 422 when the Idempotency-Key was used for another price", async () => {
    const key = { "idempotency-key": randomUUID() };
    await create(await newProduct(), {}, key);
    expect(await create(await newProduct(), {}, key)).toMatchObject({
      status: 422,
      json: { code: "idempotency-key-reused" },
    });
  });
});

describe("createPrices", () => {
  test("answers 200 with all of them, in the order they were sent in", async () => {
    const [one, two] = [await newProduct(), await newProduct()];
    const wanted = [two, one, two].map((productId, n) => ({
      productId,
      currency: n === 2 ? "EUR" : "USD",
      listMinor: n,
    }));
    const { status, json } = await createAll(wanted);
    expect(status).toBe(200);
    expect(json.data).toMatchObject(wanted);
    expect((await current(two)).map(({ amountMinor }: { amountMinor: number }) => amountMinor)).toEqual([
      2, 0,
    ]);
  });

  test("answers 200 again to a repetition with the same Idempotency-Key, and creates once", async () => {
    const prices = [{ productId: await newProduct(), currency: "USD", listMinor: 1 }];
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [await createAll(prices, key), await createAll(prices, key)];
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  test("answers 400 to none, and to more than 1,000", async () => {
    const price = { productId: randomUUID(), currency: "USD", listMinor: 1 };
    expect(placesOf(await createAll([]))).toEqual(["/prices minItems"]);
    expect(placesOf(await createAll(Array.from({ length: 1_001 }, () => price)))).toEqual([
      "/prices maxItems",
    ]);
  });

  test("answers 409 that names each one in the way, and sets none", async () => {
    const [one, two] = [await newProduct(), await newProduct()];
    const validFrom = inMinutes(5);
    await create(two, { validFrom });
    const answer = await createAll([
      { productId: one, currency: "USD", listMinor: 1, validFrom },
      { productId: two, currency: "USD", listMinor: 1, validFrom },
      { productId: one, currency: "USD", listMinor: 2, validFrom },
    ]);
    expect(answer.status).toBe(409);
    expect(placesOf(answer)).toHaveLength(2);
    expect(placesOf(answer)).toContain("/prices/1/validFrom unique");
    expect((await send(`/v1/prices?productId=${one}`)).json.data).toEqual([]);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    const request = { method: "POST", headers: { "content-type": "application/json" } };
    expect((await send("/v1/prices/bulk", { ...request, body: "x".repeat(1_100_000) })).status).toBe(413);
    const csv = { "content-type": "text/csv" };
    expect((await send("/v1/prices/bulk", { ...request, headers: csv, body: "{}" })).status).toBe(415);
  });

  test("answers 422 that names each product that is missing and each rule that is broken", async () => {
    const answer = await createAll([
      { productId: await newProduct(), currency: "USD", listMinor: 1, saleMinor: 2 },
      { productId: randomUUID(), currency: "USD", listMinor: 1 },
    ]);
    expect(answer.status).toBe(422);
    expect(placesOf(answer)).toEqual(["/prices/0/saleMinor maximum", "/prices/1/productId exists"]);
  });

  test("sets a thousand in one transaction", async () => {
    const productId = await newProduct();
    const prices = Array.from({ length: 1_000 }, (_, n) => ({
      productId,
      currency: "USD",
      listMinor: n,
      validFrom: inMinutes(n + 1),
    }));
    const { status, json } = await createAll(prices);
    expect([status, json.data.length]).toEqual([200, 1_000]);
    const rows = await owner()`select distinct changed_xid from prices where product_id = ${productId}`;
    expect(rows).toHaveLength(1);
  });
});

describe("getPrice", () => {
  test("answers 200 with the price as it was created", async () => {
    const { json: created } = await create(await newProduct(), { validFrom: inMinutes(1) });
    const { status, headers, json } = await send(`/v1/prices/${created.id}`);
    expect([status, headers.get("etag")]).toEqual([200, '"1"']);
    expect(json).toEqual(created);
  });

  test("answers 400 when the id is not a UUID", async () => {
    expect((await send("/v1/prices/12")).json.errors[0]).toMatchObject({ in: "path", pointer: "/priceId" });
  });

  test("answers 404 when there is no such price, and to another tenant the same", async () => {
    const { json } = await create(await newProduct());
    const unknown = await send(`/v1/prices/${randomUUID()}`);
    const foreign = await stranger(`/v1/prices/${json.id}`);
    expect(unknown).toMatchObject({ status: 404, json: { code: "not-found" } });
    expect({ ...foreign.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
  });
});

describe("getProductPrices", () => {
  test("answers 200 with the one that began last of those that hold, by currency", async () => {
    const productId = await newProduct({ price: { amountMinor: 500, currency: "EUR" } });
    const old = await create(productId);
    await backdate(old.json.id, 10);
    const sale = await create(productId, { saleMinor: 1, validUntil: inMinutes(5) });
    await create(productId, { listMinor: 2, validFrom: inMinutes(1) });
    expect(await current(productId)).toEqual([
      { currency: "USD", amountMinor: 1, listMinor: 1_000, priceId: sale.json.id },
      { currency: "EUR", amountMinor: 500, listMinor: 500, priceId: null },
    ]);
    await withdraw(sale.json.id);
    expect((await current(productId))[0].priceId).toBe(old.json.id);
  });

  test("is fresh no longer than the price in force holds, or until the next one begins", async () => {
    const productId = await newProduct();
    const path = `/v1/products/${productId}/prices`;
    const freshFor = async () => Number((await send(path)).headers.get("gatehouse-fresh-for"));
    expect((await send(path)).headers.get("gatehouse-fresh-for")).toBeNull();
    await create(productId, { validUntil: inMinutes(2) });
    const untilItsEnd = await freshFor();
    expect(untilItsEnd).toBeGreaterThan(60);
    expect(untilItsEnd).toBeLessThanOrEqual(120);
    await create(productId, { currency: "CLP", validFrom: inMinutes(1) });
    expect(await freshFor()).toBeLessThanOrEqual(60);
  });

  test("answers 400 when the id is not a UUID", async () => {
    expect((await send("/v1/products/12/prices")).status).toBe(400);
  });

  test("answers 404 for a product that is not there, was deleted, or is another tenant's", async () => {
    const productId = await newProduct();
    const path = `/v1/products/${productId}/prices`;
    expect((await stranger(path)).status).toBe(404);
    await send(`/v1/products/${productId}`, { method: "DELETE" });
    expect((await send(path)).status).toBe(404);
    expect((await send(`/v1/products/${randomUUID()}/prices`)).status).toBe(404);
  });

  test("is announced as the product's when a price changes, since product and price are shown together", async () => {
    const productId = await newProduct();
    const { json } = await create(productId);
    const announced = await owner()`select collection, item_id from outbox
      where tenant_id = ${tenantId} and item_id in (${productId}, ${json.id})`;
    expect(announced.map(({ collection }) => collection).sort()).toEqual(["prices", "products", "products"]);
  });
});

describe("updatePrice", () => {
  const upcoming = async () => create(await newProduct(), { validFrom: inMinutes(5) });

  test("answers 200, changes what is named and keeps the rest", async () => {
    const { json: created } = await upcoming();
    const { status, headers, json } = await patch(created.id, { saleMinor: 5 }, { "if-match": '"1"' });
    expect([status, headers.get("etag")]).toEqual([200, '"2"']);
    expect(json).toEqual({ ...created, saleMinor: 5, version: 2, updatedAt: json.updatedAt });
    expect((await send(`/v1/prices/${created.id}`)).json).toEqual(json);
  });

  test("answers 400 to an empty patch and to what only a new price can have", async () => {
    const { json } = await upcoming();
    expect((await patch(json.id, {})).status).toBe(400);
    expect((await patch(json.id, { currency: "CLP" })).status).toBe(400);
  });

  test("answers 404 when there is none, and to another tenant the same", async () => {
    const { json } = await upcoming();
    expect((await patch(randomUUID(), { listMinor: 1 })).status).toBe(404);
    expect((await patch(json.id, { listMinor: 1 }, { "if-match": "*" }, stranger)).status).toBe(404);
  });

  test("answers 409 once it has begun, except for its end", async () => {
    const { json } = await create(await newProduct());
    const refused = await patch(json.id, { listMinor: 1 });
    expect(refused).toMatchObject({
      status: 409,
      json: { detail: "the price has begun: listMinor cannot be changed" },
    });
    expect((await patch(json.id, { validUntil: inMinutes(1) })).status).toBe(200);
  });

  test("answers 409 when it would begin at the instant of another", async () => {
    const { json } = await upcoming();
    const other = await create(json.productId, { validFrom: inMinutes(7) });
    const answer = await patch(json.id, { validFrom: other.json.validFrom });
    expect(answer.status).toBe(409);
    expect(placesOf(answer)).toEqual(["/validFrom unique"]);
  });

  test("answers 412 when the version is no longer that, and to weak tags", async () => {
    const { json } = await upcoming();
    await patch(json.id, { listMinor: 2 });
    for (const tag of ['"1"', 'W/"2"'])
      expect((await patch(json.id, { listMinor: 3 }, { "if-match": tag })).status).toBe(412);
  });

  test("answers 413 to a body over the limit, and 415 to plain JSON", async () => {
    const { json } = await upcoming();
    expect((await patch(json.id, { colour: "x".repeat(20_000) })).status).toBe(413);
    const headers = { "if-match": "*", "content-type": "application/json" };
    expect((await patch(json.id, { listMinor: 1 }, headers)).status).toBe(415);
  });

  test("answers 422 to what breaks a rule together with what stays", async () => {
    const { json } = await upcoming();
    const answer = await patch(json.id, { saleMinor: 1_001, validUntil: inMinutes(1) });
    expect(answer.status).toBe(422);
    expect(placesOf(answer)).toEqual(["/saleMinor maximum", "/validUntil after"]);
  });

  test("answers 428 without If-Match", async () => {
    const { json } = await upcoming();
    expect((await patch(json.id, { listMinor: 1 }, {})).status).toBe(428);
  });
});

describe("withdrawPrice", () => {
  test("answers 204, and 204 again, and keeps it on record as ended", async () => {
    const productId = await newProduct();
    const { json } = await create(productId);
    for (const _ of [1, 2]) {
      const { status, text } = await withdraw(json.id);
      expect([status, text]).toEqual([204, ""]);
    }
    const { json: ended } = await send(`/v1/prices/${json.id}`);
    expect(ended).toMatchObject({ version: 2, listMinor: 1_000 });
    expect(ended.validUntil >= ended.validFrom).toBe(true);
    expect(await current(productId)).toEqual([]);
  });

  test("answers 204 to one that has not begun, which then never does", async () => {
    const { json } = await create(await newProduct(), { validFrom: inMinutes(5) });
    expect((await withdraw(json.id)).status).toBe(204);
    expect((await send(`/v1/prices/${json.id}`)).json.validUntil).toBe(json.validFrom);
  });

  test("answers 400 when the id is not a UUID, and 404 when there is none or it is another tenant's", async () => {
    const { json } = await create(await newProduct());
    expect((await withdraw("12")).status).toBe(400);
    expect((await withdraw(randomUUID())).status).toBe(404);
    expect((await withdraw(json.id, {}, stranger)).status).toBe(404);
  });

  test("answers 412 when If-Match names another version", async () => {
    const { json } = await create(await newProduct());
    expect((await withdraw(json.id, { "if-match": '"2"' })).status).toBe(412);
  });
});

describeGuards({
  listPrices: "catalog:read",
  getPrice: "catalog:read",
  getProductPrices: "catalog:read",
  createPrice: "catalog:write",
  createPrices: "catalog:write",
  updatePrice: "catalog:write",
  withdrawPrice: "catalog:write",
});
