import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import { originClient } from "#tests/support/origin.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

const REAL_PRODUCTS = "../shared/data/products.ndjson";

type Tenant = { readonly id: string; readonly token: string; readonly client: Client<GatehouseContract> };

async function tenant(): Promise<Tenant> {
  const { id } = await newTenant();
  const token = await mintToken({ tenantId: id });
  return { id, token, client: createClient({ baseUrl: stack().edgeUrl, token }) };
}

async function exported({ client }: Tenant): Promise<string> {
  return new Response((await client.exportProducts()).body).text();
}

async function importInto({ client }: Tenant, body: ReadableStream<Uint8Array> | string) {
  const { id: importId } = (await client.createImport({ body: {} })).body;
  const { body: part } = await client.sendImportPart({ params: { importId, number: 1 }, body });
  return part;
}

describe("an export", () => {
  let ours: Tenant;
  let theirs: Tenant;
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([tenant(), tenant()]);
  });

  it("answers 200 with nothing when there is nothing", async () => {
    const answer = await ours.client.exportProducts();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await new Response(answer.body).text()).toBe("");
  });

  it("says all that an import can set, and imports to the same elsewhere", async () => {
    const { client } = ours;
    const root = (await client.createCategory({ body: { name: "Möbel" } })).body.id;
    const leaf = (await client.createCategory({ body: { name: "Stühle / Hocker", parentId: root } })).body.id;
    await client.createProduct({
      body: {
        sku: "Z-1",
        name: 'Stuhl "Größe" \u2028 \\ €',
        description: "Erste Zeile\nzweite\tZeile",
        brand: "Ägir",
        categoryId: leaf,
        status: "draft",
        price: { amountMinor: 123_456, currency: "EUR" },
        listPrice: { amountMinor: 1_299, currency: "CLP" },
        inStock: false,
        attributes: { Farbe: "grün" },
        imageUrl: "https://example.com/a.png",
      },
    });
    await client.createProduct({
      body: { sku: "A-2", name: "Plain", price: { amountMinor: 1_234, currency: "KWD" } },
    });
    const gone = await client.createProduct({ body: { sku: "GONE", name: "Gone" } });
    await client.deleteProduct({ params: { productId: gone.body.id } });
    const filler = Array.from({ length: 650 }, (_, at) => `{"sku":"F${at}","name":"Filler ${at}"}`);
    await importInto(ours, filler.join("\n"));

    const text = await exported(ours);
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(652);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      ...{ sku: "Z-1", name: 'Stuhl "Größe" \u2028 \\ €', description: "Erste Zeile\nzweite\tZeile" },
      ...{ brand: "Ägir", category: ["Möbel", "Stühle / Hocker"], status: "draft", in_stock: false },
      ...{ price: "1234.56 EUR", list_price: "1299 CLP", attributes: { Farbe: "grün" } },
      image: "https://example.com/a.png",
    });

    // Straight from one into the other, without being held in between.
    const { body } = await client.exportProducts();
    expect(await importInto(theirs, body)).toMatchObject({ received: 652, created: 652, failed: 0 });
    expect(await exported(theirs)).toBe(text);
    expect(await importInto(theirs, text)).toMatchObject({ received: 652, updated: 652, failed: 0 });
    const { data } = (await theirs.client.listProducts({ query: { pageSize: 100 } })).body;
    expect(new Set(data.map(({ version }) => version))).toEqual(new Set([1]));
  });

  it.skipIf(!existsSync(REAL_PRODUCTS))("of a thousand real products imports to the same", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await importInto(one, readFileSync(REAL_PRODUCTS, "utf8"));
    const text = await exported(one);
    expect(text.trimEnd().split("\n")).toHaveLength(1_000);
    await importInto(other, text);
    expect(await exported(other)).toBe(text);
  });

  it("answers HEAD without reading on, 401 without a token and 403 without the scope", async () => {
    const ask = (method: string, headers: Record<string, string>) =>
      fetch(`${stack().edgeUrl}/v1/products/export`, { method, headers });
    const head = await ask("HEAD", { authorization: `Bearer ${ours.token}` });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await ask("GET", {})).status).toBe(401);
    const other = await mintToken({ tenantId: ours.id, scopes: ["orders:read"] });
    expect((await ask("GET", { authorization: `Bearer ${other}` })).status).toBe(403);
  });

  it("is no product, whatever the method", async () => {
    const send = originClient(ours.id);
    expect((await send("/v1/products/export", { method: "DELETE" })).status).toBe(405);
  });
});
