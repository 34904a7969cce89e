import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createClient } from "#shared/client.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

const REAL_PRODUCTS = "../shared/data/products.ndjson";

async function clientOfNewTenant() {
  const { id: tenantId } = await newTenant();
  const token = await mintToken({ tenantId, scopes: ["catalog:read", "catalog:write"] });
  return createClient({ baseUrl: stack().edgeUrl, token });
}

describe("an import through the edge", () => {
  it("says that this way is going, on refusals too, and the way that takes its place does not", async () => {
    const client = await clientOfNewTenant();
    const announced = ({ headers }: { headers: Headers }) =>
      ["deprecation", "sunset", "link"].map((name) => headers.get(name));
    const going = [
      "@1795219200",
      "Sun, 21 Nov 2027 00:00:00 GMT",
      '</openapi.json>; rel="deprecation"; type="application/json"',
    ];
    expect(announced(await client.importProducts({ body: '{"sku":"A","name":"A"}' }))).toEqual(going);
    const refused = await fetch(`${stack().edgeUrl}/v1/products/import`, { method: "POST" });
    expect([refused.status, announced(refused)]).toEqual([401, going]);
    const { successor } = client.importProducts.deprecation;
    expect(announced(await client[successor]({ body: {} }))).toEqual([null, null, null]);
    expect((await client.getOpenApi()).body).toMatchObject({
      paths: {
        "/v1/products/import": { post: { deprecated: true } },
        "/v1/imports": { post: expect.not.objectContaining({ deprecated: true }) },
      },
    });
  });

  it("is counted as a route that is going, for whoever has to know that it is still called", async () => {
    const client = await clientOfNewTenant();
    const counted = async () => {
      const metrics = await (await fetch(`${stack().opsUrl}/metrics`)).text();
      return Number(
        /gatehouse_deprecated_requests_total\{operation="importProducts"\} (\d+)/.exec(metrics)?.[1],
      );
    };
    await client.importProducts({ body: "" });
    const before = await counted();
    await client.importProducts({ body: "" });
    expect(await counted()).toBeGreaterThan(before);
  });

  it("stores what is right and names the line of what is not", async () => {
    const client = await clientOfNewTenant();
    const lines = [
      '{"sku":"A","name":"Lamp","price":"12.90","currency":"USD","category":["Home","Lights"]}',
      '{"sku":"B","name":"Chair","price":"12.905","currency":"USD"}',
      "not json",
      '{"sku":"C","name":"Table"}',
    ];
    const { body } = await client.importProducts({ body: lines.join("\n") });
    expect(body).toMatchObject({ received: 4, created: 2, updated: 0, failed: 2 });
    expect(body.errors.map(({ line, pointer }) => [line, pointer])).toEqual([
      [2, "/price"],
      [3, ""],
    ]);
    const { data } = (await client.listProducts()).body;
    expect(data.map(({ sku }) => sku)).toEqual(["C", "A"]);
    expect(data[1]?.price).toEqual({ amountMinor: 1290, currency: "USD" });
  });

  it("streams a body whose length is not known beforehand", async () => {
    const client = await clientOfNewTenant();
    async function* lines() {
      for (let i = 0; i < 2_000; i++) yield `{"sku":"S-${i}","name":"Product ${i}"}\n`;
    }
    const { body } = await client.importProducts({ body: lines() });
    expect(body).toMatchObject({ received: 2_000, created: 2_000, failed: 0 });
  });

  it.skipIf(!existsSync(REAL_PRODUCTS))(
    "takes a thousand real products, all readable through the edge",
    async () => {
      const client = await clientOfNewTenant();
      const text = await readFile(REAL_PRODUCTS, "utf8");
      const { body: report } = await client.importProducts({ body: text });
      expect(report).toMatchObject({ received: 1_000, failed: 0, errors: [] });

      const found = new Map<string, string>();
      let cursor: string | null = null;
      do {
        const query: { pageSize: number; cursor?: string } = {
          pageSize: 100,
          ...(cursor === null ? {} : { cursor }),
        };
        const { data, meta } = (await client.listProducts({ query })).body;
        for (const { sku, price } of data) found.set(sku, String(price?.amountMinor));
        cursor = meta.nextCursor;
      } while (cursor !== null);

      const wanted = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      for (const { sku, price } of wanted) {
        expect(found.get(sku), sku).toBe(String(Math.round(Number(price) * 100)));
      }
    },
  );
});
