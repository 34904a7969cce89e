import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { type Client, createClient } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Through both tiers: what the cache shows after a write. */
describe("a read after a write", { timeout: 60_000 }, () => {
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
  /**
   * Reads until the relay has announced what was written, so that the cache is in use again. That waits for
   * every transaction of the cluster, those of other tests included.
   */
  const settled = (productId: string) =>
    expect.poll(async () => (await read(productId)).how, { timeout: 20_000 }).toBe("HIT");

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

  it("is answered 304 where it is a list too, until the list has changed", async () => {
    const tenantId = (await client.getMe()).body.tenantId;
    const token = await mintToken({ tenantId, scopes: ["catalog:read"] });
    const list = async (ifNoneMatch?: string) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(ifNoneMatch && { "if-none-match": ifNoneMatch }),
      };
      const answer = await fetch(`${stack().edgeUrl}/v1/products?q=stool`, { headers });
      return { status: answer.status, etag: answer.headers.get("etag") ?? "", text: await answer.text() };
    };
    const { etag } = await list();
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    expect(await list(etag)).toEqual({ status: 304, etag, text: "" });
    await create("Tall stool");
    const changed = await list(etag);
    expect(changed.status).toBe(200);
    expect(changed.etag).not.toBe(etag);
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

describe("the token that a write returns", () => {
  let other: RunningEdge;
  let tenantId: string;
  let token: string;

  beforeAll(async () => {
    other = await startEdge(await bundleEdge(), {
      variables: stack().edgeVariables,
      shieldLimit: 1_000_000,
      onLog: () => undefined,
    });
    ({ id: tenantId } = await newTenant());
    token = await mintToken({ tenantId, scopes: ["catalog:read", "catalog:write"] });
  });
  afterAll(() => other.stop());

  const read = (base: string, path: string, consistency?: string) =>
    fetch(base + path, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(consistency === undefined ? {} : { "gatehouse-consistency": consistency }),
      },
    });

  it("shows the write at an edge that has just cached what was before", async () => {
    const client = createClient({ baseUrl: stack().edgeUrl, token });
    for (let round = 0; round < 20; round++) {
      // Makes the other edge hold a fresh snapshot and an entry of before the write.
      await (await read(other.url, "/v1/products?pageSize=100")).text();
      const { body, headers } = await client.createProduct({ body: { sku: `T-${round}`, name: "Lamp" } });
      const answer = await read(
        other.url,
        "/v1/products?pageSize=100",
        headers.get("gatehouse-consistency") ?? "",
      );
      expect(await answer.text()).toContain(body.id);
    }
  });

  it("is sent by the typed client by itself", async () => {
    const sent: (string | null)[] = [];
    const client = createClient({
      baseUrl: stack().edgeUrl,
      token,
      fetch: (url, init) => {
        sent.push(new Headers(init.headers).get("gatehouse-consistency"));
        return fetch(url, init);
      },
    });
    await client.listProducts();
    const { headers } = await client.createProduct({ body: { sku: "T-client", name: "Lamp" } });
    await client.listProducts();
    expect(sent).toEqual([null, null, headers.get("gatehouse-consistency")]);
  });

  it("is refused when it is forged or another tenant's", async () => {
    const stranger = await newTenant();
    const strangerToken = await mintToken({
      tenantId: stranger.id,
      scopes: ["catalog:read", "catalog:write"],
    });
    const theirs = createClient({ baseUrl: stack().edgeUrl, token: strangerToken });
    const { headers } = await theirs.createProduct({ body: { sku: "T", name: "Lamp" } });
    const foreign = headers.get("gatehouse-consistency") ?? "";
    for (const forged of [
      foreign,
      "1",
      `999999999.1.${"A".repeat(43)}`,
      foreign.replace(/^\d+/, "999999999"),
    ]) {
      const answer = await read(stack().edgeUrl, "/v1/products", forged);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toHaveProperty("errors", [
        expect.objectContaining({ in: "header", pointer: "/gatehouse-consistency" }),
      ]);
    }
  });
});
