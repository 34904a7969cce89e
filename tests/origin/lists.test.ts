import { beforeAll, describe, expect, test } from "vitest";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant } from "#tests/support/stack.ts";

let send: Send;
let categoryId: string;
const TOTAL = 7;

beforeAll(async () => {
  send = originClient((await newTenant()).id);
  categoryId = (await send("/v1/categories", { method: "POST", body: { name: "Lamps" } })).json.id;
  for (let n = 0; n < TOTAL; n++) {
    const body = {
      sku: `L-${n}`,
      name: n === 0 ? "100%_pure ÉCLAIR" : `Lamp ${n}`,
      brand: n % 2 === 0 ? "Acme" : null,
      status: n < 2 ? "draft" : "active",
      categoryId: n < 3 ? categoryId : null,
    };
    await send("/v1/products", { method: "POST", body });
  }
});

async function skus(query: string): Promise<string[]> {
  const { json } = await send(`/v1/products${query}`);
  return json.data.map(({ sku }: { sku: string }) => sku);
}

describe("listProducts", () => {
  test("answers 200 with the newest first, page by page, each once", async () => {
    const seen: string[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const { status, json } = await send(`/v1/products?pageSize=3${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(json.meta.pageSize).toBe(3);
      seen.push(...json.data.map(({ sku }: { sku: string }) => sku));
      cursor = json.meta.nextCursor ?? "";
      pages++;
    } while (cursor !== "");
    expect(pages).toBe(3);
    expect(seen).toEqual(["L-6", "L-5", "L-4", "L-3", "L-2", "L-1", "L-0"]);
  });

  test("has no next page when the last one is exactly full", async () => {
    const { json } = await send(`/v1/products?pageSize=${TOTAL}`);
    expect(json.data).toHaveLength(TOTAL);
    expect(json.meta.nextCursor).toBeNull();
  });

  test("filters by category, status and text, together too", async () => {
    expect(await skus(`?categoryId=${categoryId}`)).toEqual(["L-2", "L-1", "L-0"]);
    expect(await skus("?status=draft")).toEqual(["L-1", "L-0"]);
    expect(await skus("?q=lAmP+3")).toEqual(["L-3"]);
    expect(await skus("?q=acme")).toEqual(["L-6", "L-4", "L-2", "L-0"]);
    expect(await skus("?q=l-5")).toEqual(["L-5"]);
    expect(await skus(`?categoryId=${categoryId}&q=acme&status=active`)).toEqual(["L-2"]);
  });

  test("leaves out what is deleted", async () => {
    const { json } = await send("/v1/products", { method: "POST", body: { sku: "gone", name: "Gone" } });
    await send(`/v1/products/${json.id}`, { method: "DELETE" });
    expect(await skus("?q=gone")).toEqual([]);
  });

  test("answers 400 to a cursor that is malformed, forged, or another list's", async () => {
    const { json } = await send("/v1/products?pageSize=2");
    const cursor: string = json.meta.nextCursor;
    const forged = cursor.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    const stranger = originClient((await newTenant()).id);
    const answers = await Promise.all([
      send("/v1/products?cursor=abc"),
      send(`/v1/products?cursor=${forged}`),
      send(`/v1/products?cursor=${cursor}.`),
      send(`/v1/products?status=draft&cursor=${cursor}`),
      send(`/v1/categories?cursor=${cursor}`),
      stranger(`/v1/products?cursor=${cursor}`),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(answer.json.errors).toEqual([expect.objectContaining({ pointer: "/cursor", rule: "cursor" })]);
    }
  });

  test("answers 400 to what is no number, out of range, repeated or unknown", async () => {
    for (const query of [
      "pageSize=5.0",
      "pageSize=0",
      "pageSize=101",
      "pageSize=1&pageSize=1",
      "order=name",
      "sort=sku",
      "ids=1",
    ]) {
      expect((await send(`/v1/products?${query}`)).status).toBe(400);
    }
    expect((await send("/v1/products?pageSize=99999999999999999999")).status).toBe(400);
  });

  test("shows nothing to another tenant", async () => {
    const stranger = originClient((await newTenant()).id);
    expect((await stranger("/v1/products")).json.data).toEqual([]);
  });
});
