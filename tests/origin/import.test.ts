import { beforeEach, describe, expect, test, vi } from "vitest";
import { contract } from "#shared/contract.ts";
import { MAX_DEPTH } from "#shared/resources/categories.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

let send: Send;
let tenantId: string;
beforeEach(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

const NDJSON = { "content-type": "application/x-ndjson" };

/** As long as the contract gives it: the usual budget of a test is a few seconds of a machine that has time. */
const claims = { budgetMs: contract.importProducts.budgetMs };

function importBody(body: string | Uint8Array | ReadableStream) {
  return send("/v1/products/import", { method: "POST", body, headers: NDJSON, claims });
}

function importLines(...lines: (object | string)[]) {
  return importBody(lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
}

async function stored() {
  const { json } = await send("/v1/products?pageSize=100");
  const products: { sku: string; [member: string]: unknown }[] = json.data;
  return new Map(products.map((product) => [product.sku, product]));
}

describe("importProducts", () => {
  test("answers 200 with a report, and has stored every line with its category path and exact prices", async () => {
    const { status, json, headers } = await importLines(
      {
        sku: "a",
        name: "A",
        category: ["Home", "Lamps"],
        price: "120.99",
        list_price: "1299.5",
        currency: "USD",
      },
      { sku: "b", name: "B", category: ["Home", "Shelves"], price: "4990", currency: "CLP", in_stock: false },
      { sku: "c", name: "C", category: ["Home"], attributes: { Colour: "Grey" }, status: "draft" },
    );
    expect(status).toBe(200);
    expect(json).toEqual({ received: 3, created: 3, updated: 0, failed: 0, errors: [] });
    expect(headers.get("gatehouse-consistency")).toMatch(/^\d+$/);

    const products = await stored();
    expect(products.get("a")).toMatchObject({
      price: { amountMinor: 12099, currency: "USD" },
      listPrice: { amountMinor: 129950, currency: "USD" },
      status: "active",
      inStock: true,
    });
    expect(products.get("b")).toMatchObject({
      price: { amountMinor: 4990, currency: "CLP" },
      inStock: false,
    });
    expect(products.get("c")).toMatchObject({ attributes: { Colour: "Grey" }, status: "draft", price: null });

    const { json: categories } = await send("/v1/categories");
    const byName = new Map<string, { id: string; parentId: string | null }>(
      categories.data.map((category: { name: string }) => [category.name, category]),
    );
    expect(categories.data).toHaveLength(3);
    expect(byName.get("Home")?.parentId).toBeNull();
    expect(byName.get("Lamps")?.parentId).toBe(byName.get("Home")?.id);
    expect(products.get("a")?.["categoryId"]).toBe(byName.get("Lamps")?.id);
  });

  test("changes nothing when it is repeated, and what a line says when it is not the same", async () => {
    const line = { sku: "a", name: "A", category: ["Home"], brand: "Acme" };
    await importLines(line);
    expect((await importLines(line)).json).toMatchObject({ created: 0, updated: 1 });
    expect((await stored()).get("a")).toMatchObject({ version: 1, brand: "Acme" });
    expect((await importLines({ sku: "a", name: "A2" })).json).toMatchObject({ created: 0, updated: 1 });
    expect((await stored()).get("a")).toMatchObject({
      version: 2,
      name: "A2",
      brand: null,
      categoryId: null,
    });
  });

  test("changes nothing of a product that is out of stock by what is kept of it, whatever the line says of that", async () => {
    await importLines({ sku: "a", name: "A" });
    const id = (await stored()).get("a")?.["id"];
    for (const change of [1, -1]) {
      const body = { change, reason: "test" };
      await send(`/v1/products/${id}/stock/main/adjustments`, { method: "POST", body });
    }
    const before = (await stored()).get("a");
    expect(before).toMatchObject({ inStock: false });
    expect((await importLines({ sku: "a", name: "A", in_stock: true })).json).toMatchObject({ updated: 1 });
    expect((await stored()).get("a")).toEqual(before);
    await importLines({ sku: "a", name: "B", in_stock: true });
    expect((await stored()).get("a")).toMatchObject({ inStock: false, name: "B" });
  });

  test("reports each line that is refused by its number, and stores the others", async () => {
    const { status, json } = await importLines(
      { sku: "ok-1", name: "fine" },
      "{ not json",
      "",
      "[1]",
      { sku: "no-name" },
      { sku: "x", name: "x", price: "1" },
      { sku: "x", name: "x", price: "1.999", list_price: "1e3", currency: "USD" },
      { sku: "x", name: "x", currency: "XXX" },
      { sku: "x", name: "x", attributes: { a: "\u0000" } },
      { sku: "ok-2", name: "fine" },
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({ received: 9, created: 2, updated: 0, failed: 7 });
    const places = json.errors.map(
      (e: Record<string, unknown>) => `${e["line"]} ${e["pointer"]} ${e["rule"]}`,
    );
    expect(places).toEqual([
      "2  json",
      "4  type",
      "5 /name required",
      "6 /currency required",
      "7 /price ambiguous",
      "7 /list_price decimal",
      "8 /currency enum",
      "9 /attributes/a text",
    ]);
    expect([...(await stored()).keys()].sort()).toEqual(["ok-1", "ok-2"]);
  });

  test("refuses a line that gives a member twice, on any level, for readers differ on which of them counts", async () => {
    const { json } = await importLines(
      '{"sku":"a","name":"A","price":"1.00","price":"2.00","currency":"EUR"}',
      '{"sku":"b","name":"B","attributes":{"Colour":"Red","C\\u006flour":"Blue"}}',
      '{"sku":"c","name":"\\"name\\":\\\\","attributes":{"name":"C","sku":"c"}}',
    );
    expect(json).toMatchObject({ received: 3, created: 1, failed: 2 });
    const refused = { pointer: "", rule: "repeated", detail: "a member is given more than once" };
    expect(json.errors).toEqual([
      { line: 1, ...refused },
      { line: 2, ...refused },
    ]);
    expect([...(await stored()).keys()]).toEqual(["c"]);
  });

  test("lets the later of two lines with one SKU win", async () => {
    const { json } = await importLines(
      { sku: "a", name: "first" },
      { sku: "b", name: "b" },
      { sku: "a", name: "last" },
    );
    expect(json).toMatchObject({ received: 3, created: 2, updated: 1, failed: 0 });
    expect((await stored()).get("a")).toMatchObject({ name: "last" });
  });

  test("stores lines that come in pairs of one SKU together: each pair in a transaction of its own took hours", async () => {
    const lines = Array.from({ length: 200 }, (_, at) => ({
      sku: `s${at >> 1}`,
      name: `${at}`,
      category: [`${at}`],
    }));
    expect((await importLines(...lines)).json).toMatchObject({ received: 200, created: 100, updated: 100 });
    const written = await owner()`select distinct xmin::text from products where tenant_id = ${tenantId}`;
    expect(written).toHaveLength(1);
    expect((await stored()).get("s99")).toMatchObject({ name: "199", version: 1 });
  });

  test("does not mind where the network cuts lines, nor how lines end", async () => {
    const bytes = new TextEncoder().encode(`{"sku":"s1","name":"x"}\r\n{"sku":"s2","name":"Größe"}\n`);
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    expect((await importBody(body)).json).toMatchObject({ received: 2, created: 2 });
    expect((await stored()).get("s2")).toMatchObject({ name: "Größe" });
  });

  test("refuses one line that is too long or not UTF-8, and stores the others", async () => {
    const ok = (sku: string) => `{"sku":"${sku}","name":"x"}\n`;
    const parts = [
      ok("a"),
      `{"sku":"${"x".repeat(1_100_000)}"}\n`,
      ok("b"),
      new Uint8Array([0xff, 0x0a]),
      ok("c"),
    ];
    const { json } = await importBody(new Uint8Array(await new Blob(parts).arrayBuffer()));
    expect(json).toMatchObject({ received: 5, created: 3, failed: 2 });
    expect(json.errors).toMatchObject([
      { line: 2, rule: "maxLength" },
      { line: 4, rule: "text" },
    ]);
  });

  test("stores all others of a batch when the database refuses one of it", async () => {
    const constraint = `poison_${tenantId.replaceAll("-", "")}`;
    await owner().unsafe(
      `alter table products add constraint ${constraint} check (tenant_id <> '${tenantId}' or name <> 'poison') not valid`,
    );
    try {
      const lines = ["a", "b", "c"].map((sku) => ({
        sku,
        name: sku === "b" ? "poison" : "fine",
        category: ["New"],
      }));
      const { status, json } = await importLines(...lines);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        received: 3,
        created: 2,
        failed: 1,
        errors: [{ line: 2, rule: "stored" }],
      });
      expect([...(await stored()).keys()].sort()).toEqual(["a", "c"]);
    } finally {
      await owner().unsafe(`alter table products drop constraint ${constraint}`);
    }
  });

  test("makes a category again that was deleted while the import ran, instead of refusing its lines", async () => {
    const lines = (from: number, to: number, category: string[]) =>
      Array.from(
        { length: to - from },
        (_, n) => `${JSON.stringify({ sku: `s${from + n}`, name: "x", category })}\n`,
      ).join("");
    const bytes = (text: string) => new TextEncoder().encode(text);
    let part = 0;
    const body = new ReadableStream({
      async pull(controller) {
        part++;
        if (part === 1) return controller.enqueue(bytes(lines(0, 249, []) + lines(249, 250, ["Lamps"])));
        if (part === 3) return controller.close();
        const lamp = await vi.waitFor(async () => {
          const found = (await stored()).get("s249");
          if (found === undefined) throw new Error("the first batch is not stored yet");
          return found;
        }, 10_000);
        const headers = { "if-match": "*", "content-type": "application/merge-patch+json" };
        await send(`/v1/products/${lamp["id"]}`, { method: "PATCH", headers, body: { categoryId: null } });
        const { status } = await send(`/v1/categories/${lamp["categoryId"]}`, { method: "DELETE" });
        expect(status).toBe(204);
        controller.enqueue(bytes(lines(250, 260, ["Lamps"])));
      },
    });
    expect((await importBody(body)).json).toMatchObject({ received: 260, failed: 0 });
  });

  test("takes a path for what it is now, when its category was moved while the import ran: none becomes too deep", async () => {
    const path = Array.from({ length: MAX_DEPTH - 1 }, (_, n) => String(n));
    const line = (sku: string, category: string[]) => `${JSON.stringify({ sku, name: "x", category })}\n`;
    const bytes = (text: string) => new TextEncoder().encode(text);
    let part = 0;
    const body = new ReadableStream({
      async pull(controller) {
        part++;
        const batch = Array.from({ length: 250 }, (_, n) => line(`s${n}`, path));
        if (part === 1) return controller.enqueue(bytes(batch.join("")));
        if (part === 3) return controller.close();
        await vi.waitFor(async () => expect((await stored()).get("s249")).toBeDefined(), 10_000);
        const { json: categories } = await send("/v1/categories?pageSize=100");
        const root = categories.data.find(({ name }: { name: string }) => name === "0");
        const { json: above } = await send("/v1/categories", { method: "POST", body: { name: "above" } });
        const headers = { "if-match": "*", "content-type": "application/merge-patch+json" };
        const moving = { method: "PATCH", headers, body: { parentId: above.id } };
        expect((await send(`/v1/categories/${root.id}`, moving)).status).toBe(200);
        controller.enqueue(bytes(line("moved", ["above", ...path]) + line("new", [...path, "leaf"])));
      },
    });
    expect((await importBody(body)).json).toMatchObject({ created: 252, failed: 0 });
    const exported = (await send("/v1/products/export")).text.trim().split("\n");
    const paths = new Map(
      exported.map((text): [string, string[]] => [JSON.parse(text).sku, JSON.parse(text).category]),
    );
    expect(paths.get("s0")).toEqual(["above", ...path]);
    expect(paths.get("moved")).toEqual(["above", ...path]);
    expect(paths.get("new")).toEqual([...path, "leaf"]);
  });

  test("notes every changed item in the outbox, of categories too", async () => {
    await importLines({ sku: "a", name: "A", category: ["Home"] });
    const rows =
      await owner()`select collection, item_id from outbox where tenant_id = ${tenantId} order by collection`;
    expect(rows.map(({ collection }) => collection)).toEqual(["categories", "products"]);
    expect(rows[1]?.["item_id"]).toBe((await stored()).get("a")?.["id"]);
  });

  test("lets two imports of the same lines run at once", async () => {
    const lines = Array.from({ length: 300 }, (_, n) => ({
      sku: `s${n}`,
      name: "x",
      category: [`c${n % 7}`, "leaf"],
    }));
    const [one, two] = await Promise.all([importLines(...lines), importLines(...lines.toReversed())]);
    expect([one.json.failed, two.json.failed]).toEqual([0, 0]);
    expect(one.json.created + two.json.created).toBe(300);
  });

  test("answers 413 beyond 50 MB, stated or not, and keeps what came before", async () => {
    const line = new TextEncoder().encode(`{"sku":"a","name":"x"}\n`);
    const blank = new Uint8Array(1024 * 1024).fill(0x0a);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(sent++ === 0 ? line : blank);
        if (sent > 60) controller.close();
      },
    });
    const { status, json } = await importBody(endless);
    expect([status, json.code]).toEqual([413, "payload-too-large"]);
    expect(json.detail).toContain("1 were created");
    expect((await stored()).has("a")).toBe(true);

    const stated = await importBody(new Uint8Array(51 * 1024 * 1024));
    expect([stated.status, stated.json.detail]).toEqual([413, "the limit is 52428800 bytes"]);
  });

  test("answers 415 to plain JSON", async () => {
    const headers = { "content-type": "application/json" };
    expect((await send("/v1/products/import", { method: "POST", body: "{}", headers })).status).toBe(415);
  });

  test("answers 200 to an empty body", async () => {
    expect((await importBody("\n")).json).toMatchObject({ received: 0, errors: [] });
  });
});
