import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { describeGuards } from "#tests/support/guards.ts";
import { type Answer, originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

const SCOPES = ["catalog:read", "catalog:write", "orders:read", "orders:write"];
const withScopes =
  (send: Send): Send =>
  (path, request = {}) =>
    send(path, { scopes: SCOPES, ...request });

let send: Send;
let stranger: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = withScopes(originClient(tenantId));
  stranger = withScopes(originClient((await newTenant()).id));
});

const post = (path: string, body: unknown, by = send) => by(path, { method: "POST", body });

/** A product with a price and stock at one location. */
async function newProduct(onHand: number, body: object = {}, by = send): Promise<string> {
  const price = { amountMinor: 1_000, currency: "USD" };
  const answer = await post("/v1/products", { sku: randomUUID(), name: "A lamp", price, ...body }, by);
  const { id } = answer.json;
  if (onHand > 0)
    await post(`/v1/products/${id}/stock/main/adjustments`, { change: onHand, reason: "delivery" }, by);
  return id;
}

type Line = readonly [productId: string, quantity: number];

function order(lines: readonly Line[], body: object = {}, headers: object = {}, by = send): Promise<Answer> {
  return by("/v1/orders", {
    method: "POST",
    headers: { "idempotency-key": randomUUID(), ...headers },
    body: {
      currency: "USD",
      lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
      ...body,
    },
  });
}

function step(id: string, verb: string, headers: Record<string, string> = { "if-match": "*" }, by = send) {
  return by(`/v1/orders/${id}/${verb}`, { method: "POST", headers });
}

async function stockOf(productId: string): Promise<[onHand: number, reserved: number]> {
  const { json } = await send(`/v1/products/${productId}/stock`);
  return [json.onHand, json.reserved];
}

const placesOf = ({ json }: Answer) =>
  json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`);

describe("createOrder", () => {
  test("answers 201 at today's prices, with the stock reserved, an ETag, a Location and its place", async () => {
    const [lamp, bulb] = [await newProduct(5), await newProduct(10, { name: "A bulb" })];
    const sale = { productId: bulb, currency: "USD", listMinor: 300, saleMinor: 250 };
    await post("/v1/prices", sale);
    const lines: Line[] = [
      [lamp, 2],
      [bulb, 3],
      [lamp, 1],
    ];
    const { status, headers, json } = await order(lines, { reference: "web-1" });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      state: "pending",
      currency: "USD",
      totalMinor: 3_750,
      reference: "web-1",
      version: 1,
      lines: [
        { productId: lamp, quantity: 2, unitMinor: 1_000, lineTotalMinor: 2_000, name: "A lamp" },
        { productId: bulb, quantity: 3, unitMinor: 250, lineTotalMinor: 750, name: "A bulb" },
        { productId: lamp, quantity: 1, unitMinor: 1_000, lineTotalMinor: 1_000 },
      ],
    });
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/orders/${json.id}`);
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
    expect([await stockOf(lamp), await stockOf(bulb)]).toEqual([
      [5, 3],
      [10, 3],
    ]);
    expect((await send(`/v1/orders/${json.id}`)).json).toEqual(json);
  });

  test("takes what one location has not got from the next", async () => {
    const productId = await newProduct(2);
    await post(`/v1/products/${productId}/stock/attic/adjustments`, { change: 2, reason: "x" });
    const { json } = await order([[productId, 3]]);
    expect(await stockOf(productId)).toEqual([4, 3]);
    const ledger = await send(`/v1/stock-movements?orderId=${json.id}`);
    const taken = ledger.json.data.map(({ location, reservedChange }: Record<string, unknown>) => [
      location,
      reservedChange,
    ]);
    expect(taken.sort()).toEqual([
      ["attic", 2],
      ["main", 1],
    ]);
    await step(json.id, "cancel");
    expect(await stockOf(productId)).toEqual([4, 0]);
  });

  test("answers 201 again to a repetition with the same Idempotency-Key, and orders once", async () => {
    const productId = await newProduct(5);
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [await order([[productId, 2]], {}, key), await order([[productId, 2]], {}, key)];
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await stockOf(productId)).toEqual([5, 2]);
  });

  test("answers 400 that names every field and rule, and to a missing Idempotency-Key", async () => {
    const bad = await order([["12", 0]], { currency: "XXX", colour: 1 });
    expect(bad.status).toBe(400);
    expect(placesOf(bad).sort()).toEqual([
      "/colour additionalProperties",
      "/currency enum",
      "/lines/0/productId pattern",
      "/lines/0/quantity minimum",
    ]);
    expect(placesOf(await order([]))).toEqual(["/lines minItems"]);
    const keyless = await post("/v1/orders", { currency: "USD", lines: [] });
    expect(keyless.status).toBe(400);
    expect(placesOf(keyless)).toEqual(["/idempotency-key required"]);
  });

  test("answers 409 at each line that there is not enough for, and takes nothing", async () => {
    const [scarce, plenty] = [await newProduct(4), await newProduct(9)];
    const refused = await order([
      [scarce, 3],
      [plenty, 1],
      [scarce, 2],
    ]);
    expect(refused.status).toBe(409);
    expect(refused.json.errors).toEqual([
      { in: "body", pointer: "/lines/0/quantity", rule: "available", detail: "only 4 are available" },
      { in: "body", pointer: "/lines/2/quantity", rule: "available", detail: "only 4 are available" },
    ]);
    expect([await stockOf(scarce), await stockOf(plenty)]).toEqual([
      [4, 0],
      [9, 0],
    ]);
    expect((await order([[await newProduct(0), 1]])).status).toBe(409);
  });

  test("answers 413 to a body over the limit, and 415 to another media type", async () => {
    expect((await order([], { reference: "x".repeat(70_000) })).status).toBe(413);
    expect((await order([], {}, { "content-type": "text/csv" })).status).toBe(415);
  });

  test("answers 422 at each line whose product is unknown, another tenant's, not for sale or unpriced", async () => {
    const lines: Line[] = [
      [await newProduct(1), 1],
      [randomUUID(), 1],
      [await newProduct(1, {}, stranger), 1],
      [await newProduct(1, { status: "draft" }), 1],
      [await newProduct(1, { price: null }), 1],
      [await newProduct(1, { price: { amountMinor: 1, currency: "CLP" } }), 1],
    ];
    const refused = await order(lines);
    expect(refused.status).toBe(422);
    expect(placesOf(refused)).toEqual([
      "/lines/1/productId exists",
      "/lines/2/productId exists",
      "/lines/3/productId active",
      "/lines/4/productId priced",
      "/lines/5/productId priced",
    ]);
  });

  test("answers 422 to a total that would not be exact, and to a key of another order", async () => {
    const price = { amountMinor: Number.MAX_SAFE_INTEGER, currency: "USD" };
    expect(placesOf(await order([[await newProduct(9, { price }), 2]]))).toEqual([
      "/lines/0/quantity maximum",
    ]);
    const productId = await newProduct(9);
    const key = { "idempotency-key": randomUUID() };
    await order([[productId, 1]], {}, key);
    const other = await order([[productId, 2]], {}, key);
    expect([other.status, other.json.code]).toEqual([422, "idempotency-key-reused"]);
  });
});

describe("getOrder", () => {
  test("answers 200 with an ETag", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    const answer = await send(`/v1/orders/${json.id}`);
    expect([answer.status, answer.headers.get("etag"), answer.json]).toEqual([200, '"1"', json]);
  });

  test("answers 400 to what is no id, and 404 to one that names nothing of this tenant's", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    expect((await send("/v1/orders/12")).status).toBe(400);
    expect((await send(`/v1/orders/${randomUUID()}`)).status).toBe(404);
    expect((await stranger(`/v1/orders/${json.id}`)).status).toBe(404);
  });
});

describe("a step of an order", () => {
  test("answers 200 all the way to the hand-over, after which the stock has left", async () => {
    const productId = await newProduct(5);
    const { json } = await order([[productId, 2]]);
    const paid = await step(json.id, "pay", { "if-match": '"1"' });
    expect([paid.status, paid.headers.get("etag")]).toEqual([200, '"2"']);
    expect(paid.json).toMatchObject({ state: "paid", expiresAt: null, lines: json.lines });
    expect(await stockOf(productId)).toEqual([5, 2]);
    const fulfilled = await step(json.id, "fulfil", { "if-match": '"2"' });
    expect([fulfilled.status, fulfilled.json.state, fulfilled.json.version]).toEqual([200, "fulfilled", 3]);
    expect(await stockOf(productId)).toEqual([3, 0]);
  });

  test.each([[["cancel"]], [["pay", "cancel"]]])("gives the stock back by %s", async (verbs) => {
    const productId = await newProduct(5);
    const { json } = await order([[productId, 2]]);
    for (const verb of verbs) expect((await step(json.id, verb)).status).toBe(200);
    expect((await send(`/v1/orders/${json.id}`)).json.state).toBe("cancelled");
    expect(await stockOf(productId)).toEqual([5, 0]);
  });

  test("answers 200 again to a repetition with the same Idempotency-Key, where it would be out of place", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    const headers = { "if-match": '"1"', "idempotency-key": randomUUID() };
    const [first, again] = [await step(json.id, "pay", headers), await step(json.id, "pay", headers)];
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  test("answers 400 to what is no id, and 404 to one that names nothing of this tenant's", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    for (const verb of ["pay", "fulfil", "cancel"]) {
      expect((await step("12", verb)).status).toBe(400);
      expect((await step(randomUUID(), verb)).status).toBe(404);
      expect((await step(json.id, verb, { "if-match": "*" }, stranger)).status).toBe(404);
    }
  });

  test.each([
    [[], "fulfil", "an order that is pending does not take the step fulfil"],
    [["pay"], "pay", "an order that is paid does not take the step pay"],
    [["pay", "fulfil"], "cancel", "an order that is fulfilled does not take the step cancel"],
    [["cancel"], "pay", "an order that is cancelled does not take the step pay"],
  ])("answers 409 after %j to %s", async (before, verb, detail) => {
    const { json } = await order([[await newProduct(1), 1]]);
    for (const earlier of before) await step(json.id, earlier);
    expect(await step(json.id, verb)).toMatchObject({ status: 409, json: { code: "conflict", detail } });
  });

  test("answers 412 when the version is no longer that, and 428 without one", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    for (const verb of ["pay", "fulfil", "cancel"]) {
      expect((await step(json.id, verb, { "if-match": '"2"' })).status).toBe(412);
      expect((await step(json.id, verb, {})).status).toBe(428);
    }
  });

  test("answers 422 when the Idempotency-Key was used for another step", async () => {
    const { json } = await order([[await newProduct(1), 1]]);
    const headers = { "if-match": "*", "idempotency-key": randomUUID() };
    await step(json.id, "pay", headers);
    expect((await step(json.id, "cancel", headers)).json.code).toBe("idempotency-key-reused");
  });
});

test("an order that is not paid in time cannot be paid any more, and the sweep gives its stock back", async () => {
  const productId = await newProduct(2);
  const { json } = await order([[productId, 2]], { ttlSeconds: 1 });
  await vi.waitFor(async () => expect((await send(`/v1/orders/${json.id}`)).json.state).toBe("expired"), {
    timeout: 15_000,
    interval: 50,
  });
  expect(await stockOf(productId)).toEqual([2, 0]);
  expect((await step(json.id, "pay")).status).toBe(409);
  const rows = await owner()`select collection from outbox
    where tenant_id = ${tenantId} and item_id in (${productId}, ${json.id}) order by id desc limit 3`;
  expect(rows.map(({ collection }) => collection).sort()).toEqual(["orders", "products", "stock"]);
});

describe("listOrders", () => {
  test("answers 200 with the newest first, by state and date, page by page", async () => {
    const fresh = withScopes(originClient((await newTenant()).id));
    const productId = await newProduct(9, {}, fresh);
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) ids.unshift((await order([[productId, 1]], {}, {}, fresh)).json.id);
    const idsOf = async (query: string) =>
      (await fresh(`/v1/orders?${query}`)).json.data.map(({ id }: { id: string }) => id);
    const [, , paid = ""] = ids;
    await step(paid, "pay", { "if-match": "*" }, fresh);
    expect(await idsOf("pageSize=10")).toEqual(ids);
    expect(await idsOf("state=paid")).toEqual([paid]);
    expect(await idsOf("state=pending")).toEqual(ids.filter((id) => id !== paid));
    const first = await fresh("/v1/orders?pageSize=3");
    expect(await idsOf(`pageSize=3&cursor=${first.json.meta.nextCursor}`)).toEqual(ids.slice(3));
    const { createdAt } = (await fresh(`/v1/orders/${ids[1]}`)).json;
    const from = await idsOf(`createdFrom=${createdAt}`);
    const before = await idsOf(`createdBefore=${createdAt}`);
    expect([...from, ...before]).toEqual(ids);
    expect(from).toContain(ids[1]);
  });

  test("answers 400 to a state and a date that are none, and to a cursor of other filters", async () => {
    const productId = await newProduct(9);
    for (const _ of [1, 2]) await order([[productId, 1]]);
    const { json } = await send("/v1/orders?pageSize=1");
    for (const query of ["state=lost", "createdFrom=yesterday", `state=paid&cursor=${json.meta.nextCursor}`])
      expect((await send(`/v1/orders?${query}`)).status).toBe(400);
  });

  test("shows nothing of another tenant's", async () => {
    await order([[await newProduct(1), 1]]);
    expect((await stranger("/v1/orders")).json.data).toEqual([]);
  });
});

describeGuards({
  listOrders: "orders:read",
  getOrder: "orders:read",
  createOrder: "orders:write",
  payOrder: "orders:write",
  fulfilOrder: "orders:write",
  cancelOrder: "orders:write",
});
