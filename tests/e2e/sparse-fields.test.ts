import { beforeAll, describe, expect, it } from "vitest";
import type { ProblemDocument } from "#shared/problems.ts";
import { Product } from "#shared/resources/products.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Only the members of a product that a client asks for, through both tiers. */
describe("fields", () => {
  let token: string;
  let product: Product;
  let path: string;

  async function send(target: string, init: RequestInit = {}) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers };
    const response = await fetch(stack().edgeUrl + target, { ...init, headers });
    const text = await response.text();
    const cache = response.headers.get("cache-status") ?? "";
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text && JSON.parse(text),
      cache,
    };
  }

  beforeAll(async () => {
    const { id: tenantId } = await newTenant();
    token = await mintToken({ tenantId });
    const body = {
      sku: "F-1",
      name: "Lamp",
      description: null,
      attributes: { Colour: "Grey" },
      price: { amountMinor: 100, currency: "EUR" },
    };
    product = (await send("/v1/products", { method: "POST", body: JSON.stringify(body) })).json;
    path = `/v1/products/${product.id}`;
  });

  it("are all that a product is answered with, and its id", async () => {
    const { json } = await send(`${path}?fields=price,attributes,description`);
    expect(json).toEqual({
      id: product.id,
      price: { amountMinor: 100, currency: "EUR" },
      attributes: { Colour: "Grey" },
      description: null,
    });
    expect((await send(`${path}?fields=id`)).json).toEqual({ id: product.id });
    const all = Object.keys(Product.properties).join();
    expect((await send(`${path}?fields=${all}`)).json).toEqual(product);
    expect((await send(path)).json).toEqual(product);
  });

  it.each(["pageSize=5", "ids=", "q=lamp"])("are all that is in a list by %s", async (by) => {
    const query = by === "ids=" ? `ids=${product.id}` : by;
    const { json } = await send(`/v1/products?${query}&fields=name,sku&count=true`);
    expect(json.data).toEqual([{ id: product.id, name: "Lamp", sku: "F-1" }]);
    expect(json.meta).toEqual({ nextCursor: null, pageSize: expect.any(Number), total: 1 });
  });

  it("are one entry of the cache, whatever their order, however often each is named, and whether `id` is", async () => {
    let spelling = "id,version,name,sku";
    const first = await send(`${path}?fields=sku,name,version`);
    // A spelling that was never sent: what it hits was stored under another.
    const another = () => {
      spelling = `name,${spelling}`;
      return send(`${path}?fields=${spelling}`);
    };
    await send(`${path}?fields=sku,name,version`);
    await expect.poll(async () => (await another()).cache).toContain("; hit");
    expect((await another()).text).toBe(first.text);
    // Another set is another entry.
    expect((await send(`${path}?fields=sku,name`)).json).toEqual({
      id: product.id,
      sku: "F-1",
      name: "Lamp",
    });
  });

  it.each(["colour", "name,colour", "Name", "", "name,,sku", "name, sku", "attributes.Colour"])(
    "are refused as %j, which names what there is not",
    async (fields) => {
      for (const target of [path, "/v1/products"]) {
        const { status, json } = await send(`${target}?fields=${encodeURIComponent(fields)}`);
        const [error] = (json as ProblemDocument).errors ?? [];
        expect([status, error]).toMatchObject([400, { in: "query", pointer: "/fields" }]);
        const strange = fields.split(",").find((name) => !Object.hasOwn(Product.properties, name));
        expect(error?.detail).toContain(JSON.stringify(strange));
        expect(error?.detail).toContain("createdAt");
      }
    },
  );

  it("leave a cursor good for the same list with others", async () => {
    const more = { sku: "F-2", name: "Lamp 2" };
    await send("/v1/products", { method: "POST", body: JSON.stringify(more) });
    const first = await send("/v1/products?pageSize=1&sort=createdAt&fields=name&q=lamp");
    expect(first.json.data).toHaveLength(1);
    const cursor = first.json.meta.nextCursor;
    const second = await send(`/v1/products?pageSize=1&sort=createdAt&fields=sku&q=lamp&cursor=${cursor}`);
    expect(second.json.data).toEqual([{ id: expect.any(String), sku: "F-2" }]);
  });

  it("come with the entity tag of the version that they show, which If-Match takes", async () => {
    const sparse = await send(`${path}?fields=name`);
    const etag = sparse.headers.get("etag") ?? "";
    expect(etag).toBe('"1"');
    const kept = await send(`${path}?fields=name`, { headers: { "if-none-match": etag } });
    expect([kept.status, kept.text]).toEqual([304, ""]);
    const patch = (ifMatch: string) =>
      send(path, {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json", "if-match": ifMatch },
        body: '{"name":"Red lamp"}',
      });
    const patched = await patch(etag);
    expect([patched.status, patched.json.name]).toEqual([200, "Red lamp"]);
    expect((await patch(etag)).status).toBe(412);
    const consistency = patched.headers.get("gatehouse-consistency") ?? "";
    const now = await send(`${path}?fields=name`, {
      headers: { "if-none-match": etag, "gatehouse-consistency": consistency },
    });
    expect([now.status, now.json, now.headers.get("etag")]).toEqual([
      200,
      { id: product.id, name: "Red lamp" },
      '"2"',
    ]);
  });
});
