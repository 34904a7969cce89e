import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeQueryComponent } from "#shared/canonical.ts";
import { MAX_SUBTREE } from "#shared/resources/product-query.ts";
import type { Product } from "#shared/resources/products.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

/** Filters, sorts and search of a list of products, against a plain reading of what they should answer. */

let send: Send;
let all: readonly Product[];
let root: string;
let child: string;
let grandchild: string;

const NAMES = ["Éclair", "apple", "Banana", "Zebra", "zebra", "10 lamps", "東京都の地図", "คอมพิวเตอร์"];

beforeAll(async () => {
  send = originClient((await newTenant()).id);
  root = await category("Home", null);
  child = await category("Lamps", root);
  grandchild = await category("Desk lamps", child);
  const made: Product[] = [];
  for (let n = 0; n < 48; n++) {
    const price = n % 4 === 3 ? null : { amountMinor: (n * 37) % 100, currency: n % 4 === 0 ? "USD" : "EUR" };
    const body = {
      sku: `SKU-${n}`,
      name: `${NAMES[n % NAMES.length]}${n < NAMES.length ? "" : ` ${n % 3}`}`,
      status: (["draft", "active", "archived"] as const)[n % 3],
      inStock: n % 5 !== 0,
      categoryId: [root, child, grandchild, null][n % 4],
      price,
    };
    made.push((await send("/v1/products", { method: "POST", body })).json);
  }
  all = made;
});

async function category(name: string, parentId: string | null): Promise<string> {
  return (await send("/v1/categories", { method: "POST", body: { name, parentId } })).json.id;
}

/** Walks a whole list page by page. */
async function walk(query: string, pageSize = 7): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ""; ; ) {
    const { status, json } = await send(`/v1/products?${query}&pageSize=${pageSize}${cursor}`);
    expect([query, status]).toEqual([query, 200]);
    ids.push(...json.data.map(({ id }: Product) => id));
    if (json.meta.nextCursor === null) return ids;
    cursor = `&cursor=${json.meta.nextCursor}`;
  }
}

type Compare = (a: Product, b: Product) => number;
const byId: Compare = (a, b) => (a.id < b.id ? -1 : 1);
const keyOf = ({ name }: Product) => Buffer.from(name.slice(0, 64).toLowerCase());
const byName: Compare = (a, b) => Buffer.compare(keyOf(a), keyOf(b)) || byId(a, b);
const byPrice: Compare = (a, b) => (a.price?.amountMinor ?? 0) - (b.price?.amountMinor ?? 0) || byId(a, b);
const ORDERS: Readonly<Record<string, Compare>> = { createdAt: byId, name: byName, price: byPrice };

const FILTERS: readonly (readonly [query: string, keep: (product: Product) => boolean])[] = [
  ["", () => true],
  ["&status=draft", ({ status }) => status === "draft"],
  ["&inStock=false", ({ inStock }) => !inStock],
  ["&status=active&inStock=true", ({ status, inStock }) => status === "active" && inStock],
];

describe.each(["createdAt", "-createdAt", "name", "-name", "price", "-price"])("sorted by %s", (sort) => {
  const compare = ORDERS[sort.replace("-", "")] ?? byId;
  const isPriced = ({ price }: Product) => price?.currency === "EUR";

  test("a list has everything that fits once and in order, with every filter, page by page", async () => {
    for (const [query, keep] of FILTERS) {
      for (const [where, isThere] of [
        ["", () => true],
        [`&categoryId=${child}`, ({ categoryId }: Product) => categoryId === child],
        [`&within=${child}`, ({ categoryId }: Product) => categoryId === child || categoryId === grandchild],
        [
          `&ids=${all.slice(3, 33).map(({ id }) => id)}`,
          (product: Product) => all.indexOf(product) >= 3 && all.indexOf(product) < 33,
        ],
      ] as const) {
        const currency = sort.endsWith("price") ? "&currency=EUR" : "";
        const expected = all
          .filter((product) => keep(product) && isThere(product) && (currency === "" || isPriced(product)))
          .toSorted(compare)
          .map(({ id }) => id);
        if (sort.startsWith("-")) expected.reverse();
        expect(await walk(`sort=${sort}${currency}${query}${where}`)).toEqual(expected);
      }
    }
  });
});

describe("listProducts", () => {
  test("answers a range of prices, both ends with it", async () => {
    const expected = all
      .filter(({ price }) => price?.currency === "USD" && price.amountMinor >= 20 && price.amountMinor <= 60)
      .toSorted(byPrice)
      .map(({ id }) => id);
    expect(expected.length).toBeGreaterThan(2);
    expect(await walk("sort=price&currency=USD&minPrice=20&maxPrice=60")).toEqual(expected);
  });

  test("goes on at the same place when products are added and deleted meanwhile", async () => {
    const own = originClient((await newTenant()).id);
    const add = (name: string) => own("/v1/products", { method: "POST", body: { sku: name, name } });
    const kept: string[] = [];
    for (let n = 10; n < 22; n++) kept.push((await add(`m${n}`)).json.name);
    const first = (await own("/v1/products?sort=name&pageSize=6")).json;
    await add("m00");
    await own(`/v1/products/${first.data[5].id}`, { method: "DELETE" });
    await own(`/v1/products/${first.data[0].id}`, { method: "DELETE" });
    const second = (await own(`/v1/products?sort=name&pageSize=6&cursor=${first.meta.nextCursor}`)).json;
    expect([...first.data, ...second.data].map(({ name }: Product) => name)).toEqual(kept);
  });

  test("answers 422 to parameters that do not go together, and names them", async () => {
    for (const [query, pointer] of [
      ["sort=price", "/currency"],
      ["minPrice=1", "/minPrice"],
      ["maxPrice=1&sort=-name", "/maxPrice"],
      ["sort=name&currency=EUR", "/currency"],
      [`ids=${root}&q=lamp`, "/q"],
      [`within=${root}&categoryId=${root}`, "/within"],
    ]) {
      const { status, json } = await send(`/v1/products?${query}`);
      expect([query, status, json.errors]).toEqual([query, 422, [expect.objectContaining({ pointer })]]);
    }
  });

  test("answers 422 to a subtree of more categories than a list looks into", async () => {
    const { id: tenantId } = await newTenant();
    const own = originClient(tenantId);
    const top = (await own("/v1/categories", { method: "POST", body: { name: "Top" } })).json.id;
    const add = (count: number) => owner()`insert into categories (tenant_id, id, parent_id, name)
      select ${tenantId}, gen_random_uuid(), ${top}, 'C' || gen_random_uuid() from generate_series(1, ${count}::int)`;
    await add(MAX_SUBTREE - 1);
    expect((await own(`/v1/products?within=${top}`)).status).toBe(200);
    await add(1);
    const { status, json } = await own(`/v1/products?within=${top}`);
    expect([status, json.errors[0]]).toMatchObject([422, { pointer: "/within", rule: "maxItems" }]);
  });

  test("counts only when asked", async () => {
    expect((await send("/v1/products?pageSize=1")).json.meta).not.toHaveProperty("total");
    expect((await send("/v1/products?pageSize=1&count=true")).json.meta.total).toBe(all.length);
    const some = await send(`/v1/products?pageSize=1&count=true&status=draft&within=${root}`);
    const expected = all.filter(({ status, categoryId }) => status === "draft" && categoryId !== null);
    expect(some.json.meta.total).toBe(expected.length);
  });

  test("answers an empty list for a category that is not there, and another tenant's ids", async () => {
    const stranger = originClient((await newTenant()).id);
    for (const query of [`within=${root}`, `categoryId=${root}`, `ids=${all[0]?.id}`]) {
      expect((await stranger(`/v1/products?${query}&count=true`)).json).toEqual({
        data: [],
        meta: { nextCursor: null, pageSize: 20, total: 0 },
      });
    }
  });
});

describe("a search", () => {
  async function names(q: string, more = ""): Promise<string[]> {
    const { status, json } = await send(`/v1/products?q=${encodeQueryComponent(q)}&pageSize=100${more}`);
    expect([q, status]).toEqual([q, 200]);
    return [...new Set<string>(json.data.map(({ name }: Product) => name.replace(/ \d$/, "")))].toSorted();
  }

  test("finds words of any script without case and accents, the last one by its beginning", async () => {
    expect(await names("eclair")).toEqual(["Éclair"]);
    expect(await names("ÉCL")).toEqual(["Éclair"]);
    expect(await names("ZEBRA")).toEqual(["Zebra", "zebra"]);
    expect(await names("lamps 10")).toEqual(["10 lamps"]);
    expect(await names("sku-7")).toEqual(["คอมพิวเตอร์"]);
    expect(await names("lam 10")).toEqual([]);
  });

  test("finds a part of a text without spaces, wherever it stands", async () => {
    for (const part of ["東京", "京都", "地図", "都", "東京都の地図"]) {
      expect([part, await names(part)]).toEqual([part, ["東京都の地図"]]);
    }
    expect(await names("คอม")).toEqual(["คอมพิวเตอร์"]);
    expect(await names("地京")).toEqual([]);
  });

  describe("of a shop of its own", () => {
    let by: Send;
    beforeAll(async () => {
      by = originClient((await newTenant()).id);
      for (const name of ["コーラ", "ラー コ", "Οδόσημα", "Οδός"])
        await by("/v1/products", { method: "POST", body: { sku: randomUUID(), name } });
    });
    const found = async (q: string) => {
      const { json } = await by(`/v1/products?q=${encodeQueryComponent(q)}`);
      return json.data.map(({ name }: Product) => name).toSorted();
    };

    test("takes the long vowel of katakana for part of its word, though it is of no script of its own", async () => {
      expect(await found("コーラ")).toEqual(["コーラ"]);
      expect(await found("ｺｰﾗ")).toEqual(["コーラ"]);
      expect(await found("コー")).toEqual(["コーラ"]);
    });

    test("takes the final sigma of what is typed so far for a sigma", async () => {
      expect(await found("ΟΔΟΣ")).toEqual(["Οδός", "Οδόσημα"]);
      expect(await found("οδος")).toEqual(["Οδός", "Οδόσημα"]);
    });
  });

  test("is narrowed by the other filters and sorted like any list", async () => {
    const expected = all
      .filter(({ name, status }) => name.startsWith("apple") && status === "active")
      .toSorted(byName)
      .map(({ id }) => id);
    expect(await walk("q=apple&status=active&sort=name", 2)).toEqual(expected);
  });

  test("finds nothing for what has no word in it, and takes nothing for an operator", async () => {
    for (const q of ["%", "'", "& | !", "\\", "a' | 'b", ":*"]) {
      expect([q, await names(q)]).toEqual([q, []]);
    }
  });

  test("finds what a product says now, and nothing deleted", async () => {
    const { json, headers } = await send("/v1/products", {
      method: "POST",
      body: { sku: "w", name: "Walrus" },
    });
    const etag = headers.get("etag") ?? "";
    const patched = await send(`/v1/products/${json.id}`, {
      method: "PATCH",
      headers: { "if-match": etag, "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ name: "Narwhal", description: "a tusk" }),
    });
    expect(patched.status).toBe(200);
    expect(await names("walrus")).toEqual([]);
    expect(await names("tusk narwhal")).toEqual(["Narwhal"]);
    await send(`/v1/products/${json.id}`, { method: "DELETE" });
    expect(await names("narwhal")).toEqual([]);
  });

  test("finds nothing of another tenant", async () => {
    const stranger = originClient((await newTenant()).id);
    expect((await stranger("/v1/products?q=apple")).json.data).toEqual([]);
  });
});
