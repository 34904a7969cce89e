import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  makeTenant,
  originClient,
  type Send,
  startTestOrigin,
  type TestOrigin,
} from "#tests/support/origin.ts";
import { stack } from "#tests/support/stack.ts";

let origin: TestOrigin;
let send: Send;

beforeAll(async () => {
  origin = await startTestOrigin(stack());
  send = originClient(origin, await makeTenant(stack().ownerUrl));
});
afterAll(() => origin.stop());

let made = 0;
const newSku = () => `SKU-${made++}`;

function create(body: object = {}) {
  return send("/v1/products", { method: "POST", body: { sku: newSku(), name: "A lamp", ...body } });
}

describe("createProduct", () => {
  test("answers 201 with what was left out filled in, an ETag and a Location", async () => {
    const { status, headers, json } = await create({ price: { amountMinor: 1299, currency: "USD" } });
    expect(status).toBe(201);
    expect(json()).toMatchObject({
      name: "A lamp",
      price: { amountMinor: 1299, currency: "USD" },
      listPrice: null,
      status: "active",
      inStock: true,
      attributes: {},
      version: 1,
    });
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/products/${json().id}`);
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
  });
});

describe("getProduct", () => {
  test("answers 200 with the product as it was created", async () => {
    const created = (
      await create({ attributes: { Colour: "Grey", __proto__x: "1" }, brand: "Ørsted" })
    ).json();
    const { status, headers, json } = await send(`/v1/products/${created.id}`);
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"1"');
    expect(json()).toEqual(created);
  });
});
