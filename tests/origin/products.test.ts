import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant } from "#tests/support/stack.ts";

let send: Send;
beforeAll(async () => {
  send = originClient((await newTenant()).id);
});

let made = 0;
const newSku = () => `SKU-${made++}`;

function create(body: object = {}) {
  return send("/v1/products", { method: "POST", body: { sku: newSku(), name: "A lamp", ...body } });
}

function patch(id: string, body: object, headers: Record<string, string> = { "if-match": "*" }) {
  const mediaType = { "content-type": "application/merge-patch+json" };
  return send(`/v1/products/${id}`, { method: "PATCH", body, headers: { ...mediaType, ...headers } });
}

function remove(id: string, headers = {}) {
  return send(`/v1/products/${id}`, { method: "DELETE", headers });
}

async function newCategory(): Promise<string> {
  const answer = await send("/v1/categories", { method: "POST", body: { name: randomUUID() } });
  return answer.json.id;
}

describe("createProduct", () => {
  test("answers 201 with what was left out filled in, an ETag, a Location and its place in the commit order", async () => {
    const { status, headers, json } = await create({ price: { amountMinor: 1299, currency: "USD" } });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      name: "A lamp",
      price: { amountMinor: 1299, currency: "USD" },
      listPrice: null,
      status: "active",
      inStock: true,
      attributes: {},
      version: 1,
    });
    expect(json.createdAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/products/${json.id}`);
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
  });

  test("answers 400 that names every field and rule", async () => {
    const { status, json } = await create({
      name: "",
      price: { amountMinor: -1, currency: "USD" },
      colour: 1,
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid-request", type: "/problems/invalid-request" });
    const places = json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`);
    expect(places).toEqual(
      expect.arrayContaining([
        "/name minLength",
        "/price/amountMinor minimum",
        "/colour additionalProperties",
      ]),
    );
  });

  test("looks at an attribute whose name has a line break, and tells it again", async () => {
    for (const name of ["a\nb", "\n", "a\u2028", "\r"]) {
      const kept = await create({ attributes: { [name]: "x" } });
      expect(kept.status).toBe(201);
      expect((await send(`/v1/products/${kept.json.id}`)).json.attributes).toEqual({ [name]: "x" });
      for (const value of [1, { deep: [] }, "x".repeat(1_001)]) {
        expect((await create({ attributes: { [name]: value } })).status).toBe(400);
        expect((await patch(kept.json.id, { attributes: { [name]: value } })).status).toBe(400);
      }
    }
  });

  test("answers 400 to an attribute without a name, or with one of more than 100 characters", async () => {
    const longest = { ["\u{1d4b3}".repeat(100)]: "x" };
    expect((await create({ attributes: longest })).json.attributes).toEqual(longest);
    const { status, json } = await create({ attributes: { "": "x", ["n".repeat(101)]: "x" } });
    expect(status).toBe(400);
    expect(json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`)).toEqual([
      "/attributes/ minLength",
      `/attributes/${"n".repeat(101)} maxLength`,
    ]);
  });

  test("answers 400 to text that Postgres cannot store", async () => {
    const { status, json } = await create({ attributes: { "a\u0000b": "x" } });
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ rule: "text" });
  });

  test("answers 400 to a body that is not JSON, or not UTF-8", async () => {
    for (const body of ['{"sku": ', new Uint8Array([0x22, 0xff, 0x22])]) {
      const { status, json } = await send("/v1/products", { method: "POST", body, headers: JSON_TYPE });
      expect(status).toBe(400);
      expect(json.code).toBe("malformed-body");
    }
  });

  test("answers 409 when the SKU is taken", async () => {
    const sku = newSku();
    await create({ sku });
    const { status, json } = await create({ sku });
    expect(status).toBe(409);
    expect(json).toMatchObject({ code: "conflict", detail: "another product has this SKU" });
  });

  test("answers 422 when the category does not exist", async () => {
    const { status, json } = await create({ categoryId: randomUUID() });
    expect(status).toBe(422);
    expect(json.errors).toEqual([expect.objectContaining({ pointer: "/categoryId", rule: "exists" })]);
  });

  test("answers 422 for a category of another tenant, exactly as for none", async () => {
    const stranger = originClient((await newTenant()).id);
    const foreign = await stranger("/v1/categories", { method: "POST", body: { name: "Theirs" } });
    const answer = await create({ categoryId: foreign.json.id });
    const unknown = await create({ categoryId: randomUUID() });
    expect(answer.status).toBe(422);
    expect({ ...answer.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
  });

  test("answers 413 to a body over the limit, stated or not", async () => {
    const body = JSON.stringify({ sku: newSku(), name: "x", description: "y".repeat(300_000) });
    for (const sent of [body, new Response(body).body]) {
      const { status, json } = await send("/v1/products", { method: "POST", body: sent, headers: JSON_TYPE });
      expect(status).toBe(413);
      expect(json).toMatchObject({ code: "payload-too-large", detail: "the limit is 262144 bytes" });
    }
  });

  test("answers 415 to another media type", async () => {
    const headers = { "content-type": "text/plain" };
    const { status, json } = await send("/v1/products", { method: "POST", body: "{}", headers });
    expect(status).toBe(415);
    expect(json.detail).toBe("send application/json in UTF-8");
  });

  test("answers 403 without the scope to write", async () => {
    const { status, json } = await send("/v1/products", {
      method: "POST",
      body: {},
      scopes: ["catalog:read"],
    });
    expect(status).toBe(403);
    expect(json).toMatchObject({ code: "insufficient-scope", scope: "catalog:write" });
  });
});

const JSON_TYPE = { "content-type": "application/json" };

describe("getProduct", () => {
  test("answers 200 with the product as it was created", async () => {
    const attributes = { Colour: "Grey", ["__proto__"]: "kept", Größe: "10 €" };
    const { json: created } = await create({ attributes, brand: "Ørsted", categoryId: await newCategory() });
    const { status, headers, json } = await send(`/v1/products/${created.id}`);
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"1"');
    expect(json).toEqual(created);
    expect(Object.keys(json.attributes).sort()).toEqual(["Colour", "Größe", "__proto__"]);
  });

  test("answers 404 when there is no such product", async () => {
    expect(await send(`/v1/products/${randomUUID()}`)).toMatchObject({
      status: 404,
      json: { code: "not-found" },
    });
  });

  test("answers 404 to another tenant", async () => {
    const { json } = await create();
    const stranger = originClient((await newTenant()).id);
    expect((await stranger(`/v1/products/${json.id}`)).status).toBe(404);
  });

  test("answers 400 when the id is not a UUID", async () => {
    const { status, json } = await send("/v1/products/12");
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ in: "path", pointer: "/productId", rule: "pattern" });
  });
});

describe("updateProduct", () => {
  test("answers 200, changes what is named and keeps the rest", async () => {
    const { json: created } = await create({ brand: "Acme", attributes: { Colour: "Grey", Size: "L" } });
    const change = { name: "A better lamp", brand: null, attributes: { Colour: null, Weight: "2 kg" } };
    const { status, headers, json } = await patch(created.id, change, { "if-match": '"1"' });
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"2"');
    expect(json).toEqual({
      ...created,
      name: "A better lamp",
      brand: null,
      attributes: { Size: "L", Weight: "2 kg" },
      version: 2,
      updatedAt: json.updatedAt,
    });
    expect((await send(`/v1/products/${created.id}`)).json).toEqual(json);
  });

  test("answers 428 without If-Match", async () => {
    const { json } = await create();
    expect(await patch(json.id, { name: "x" }, {})).toMatchObject({
      status: 428,
      json: { code: "precondition-required" },
    });
  });

  test("answers 412 when the version is no longer that, and to weak tags", async () => {
    const { json } = await create();
    await patch(json.id, { name: "second" });
    for (const tag of ['"1"', 'W/"2"']) {
      const { status } = await patch(json.id, { name: "x" }, { "if-match": tag });
      expect(status).toBe(412);
    }
  });

  test("lets one of two concurrent changes of the same version win", async () => {
    const { json } = await create();
    const both = await Promise.all(["a", "b"].map((name) => patch(json.id, { name }, { "if-match": '"1"' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test("answers 404 when there is none, or none any more", async () => {
    expect((await patch(randomUUID(), { name: "x" })).status).toBe(404);
    const { json } = await create();
    await remove(json.id);
    expect((await patch(json.id, { name: "x" })).status).toBe(404);
  });

  test("answers 409 when the SKU is taken", async () => {
    const taken = (await create()).json.sku;
    const { json } = await create();
    expect((await patch(json.id, { sku: taken })).status).toBe(409);
  });

  test("answers 422 when the category does not exist, or attributes become too many", async () => {
    const attributes = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`a${n}`, "x"]));
    const { json } = await create({ attributes });
    const unknown = await patch(json.id, { categoryId: randomUUID() });
    expect(unknown).toMatchObject({ status: 422, json: { errors: [{ pointer: "/categoryId" }] } });
    const tooMany = await patch(json.id, { attributes: { more: "x" } });
    expect(tooMany).toMatchObject({ status: 422, json: { errors: [{ pointer: "/attributes" }] } });
  });

  test("answers 400 to null where a value is needed, and to an empty patch", async () => {
    const { json } = await create();
    expect((await patch(json.id, { name: null })).status).toBe(400);
    expect((await patch(json.id, {})).status).toBe(400);
  });

  test("answers 415 to plain JSON", async () => {
    const { json } = await create();
    expect((await patch(json.id, { name: "x" }, { "if-match": "*", ...JSON_TYPE })).status).toBe(415);
  });
});

describe("deleteProduct", () => {
  test("answers 204, and 204 again", async () => {
    const { json } = await create();
    for (const _ of [1, 2]) {
      const { status, text } = await remove(json.id);
      expect([status, text]).toEqual([204, ""]);
    }
    expect((await send(`/v1/products/${json.id}`)).status).toBe(404);
  });

  test("answers 404 to an id that never was", async () => {
    expect((await remove(randomUUID())).status).toBe(404);
  });

  test("answers 412 when If-Match names another version", async () => {
    const { json } = await create();
    expect((await remove(json.id, { "if-match": '"2"' })).status).toBe(412);
    expect((await remove(json.id, { "if-match": '"1"' })).status).toBe(204);
  });

  test("frees the SKU", async () => {
    const { json } = await create();
    await remove(json.id);
    expect((await create({ sku: json.sku })).status).toBe(201);
  });
});
