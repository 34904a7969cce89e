import { beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Through both tiers: what the cache shows after a write. */
describe("a read after a write", () => {
  let client: Client<GatehouseContract>;
  let sku = 0;

  beforeAll(async () => {
    const { id: tenantId } = await newTenant();
    const token = await mintToken({ tenantId, scopes: ["catalog:read", "catalog:write"] });
    client = createClient({ baseUrl: stack().edgeUrl, token });
  });

  const create = async (name = "Lamp") =>
    (await client.createProduct({ body: { sku: `F-${sku++}`, name } })).body;
  const read = async (productId: string) => {
    const { body, headers } = await client.getProduct({ params: { productId } });
    return { body, etag: headers.get("etag") ?? "", how: headers.get("cf-cache-status") };
  };
  /** Reads until the relay has announced what was written, so that the cache is in use again. */
  const settled = (productId: string) =>
    expect.poll(async () => (await read(productId)).how, { timeout: 5_000 }).toBe("HIT");

  it("is a miss, then a hit, and shows the new value at once after a write", async () => {
    const { id } = await create();
    await settled(id);
    const before = await read(id);
    expect([before.how, before.body.name]).toEqual(["HIT", "Lamp"]);

    await client.updateProduct({
      params: { productId: id },
      headers: { "if-match": before.etag },
      body: { name: "Red lamp" },
    });
    expect((await read(id)).body.name).toBe("Red lamp");
    await settled(id);
    expect((await read(id)).body.name).toBe("Red lamp");
  });

  it("finds what was created in lists that were cached without it", async () => {
    const names = async () =>
      (await client.listProducts({ query: { q: "chair" } })).body.data.map(({ name }) => name);
    expect(await names()).toEqual([]);
    await create("Blue chair");
    expect(await names()).toEqual(["Blue chair"]);
  });

  it("finds what was created where a 404 was cached", async () => {
    const { id } = await create();
    await client.deleteProduct({ params: { productId: id } });
    await expect(read(id)).rejects.toMatchObject({ status: 404 });
    await expect(read(id)).rejects.toMatchObject({ status: 404 });
  });

  it("is answered 304 from the cache while nothing has changed", async () => {
    const { id } = await create();
    await settled(id);
    const { etag } = await read(id);
    const token = await mintToken({
      tenantId: (await client.getMe()).body.tenantId,
      scopes: ["catalog:read"],
    });
    const answer = await fetch(`${stack().edgeUrl}/v1/products/${id}`, {
      headers: { authorization: `Bearer ${token}`, "if-none-match": etag },
    });
    expect([answer.status, answer.headers.get("etag"), await answer.text()]).toEqual([304, etag, ""]);
  });

  it("asks the origin once for a hundred that come at once", async () => {
    const { id } = await create();
    await settled(id);
    const { body } = await client.listProducts({ query: { pageSize: 37 } });
    expect(body.data.length).toBeGreaterThan(0);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => client.listProducts({ query: { pageSize: 38 } })),
    );
    const misses = answers.filter(({ headers }) => headers.get("cf-cache-status") === "MISS");
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(misses.length).toBeGreaterThan(0);
  });
});
