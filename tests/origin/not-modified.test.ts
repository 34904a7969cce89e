import { beforeAll, expect, test } from "vitest";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant } from "#tests/support/stack.ts";

/** What the origin answers an edge that says which version it has. */
let send: Send;
let path: string;
let etag: string;

beforeAll(async () => {
  send = originClient((await newTenant()).id);
  const created = await send("/v1/products", { method: "POST", body: { sku: "N-1", name: "Lamp" } });
  path = `/v1/products/${created.json.id}`;
  etag = (await send(path)).headers.get("etag") ?? "";
});

test.each([
  ["the same entity tag", () => etag],
  ["a list that has it", () => `"0", W/${etag}`],
  ["any", () => "*"],
])("304 and no body for %s", async (_, condition) => {
  const answer = await send(path, { headers: { "if-none-match": condition() } });
  expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", etag]);
  expect(answer.headers.get("content-type")).toBeNull();
});

test("the whole answer for another entity tag", async () => {
  const answer = await send(path, { headers: { "if-none-match": '"0"' } });
  expect([answer.status, answer.json.name]).toEqual([200, "Lamp"]);
});

test("404, not 304, for what is not there", async () => {
  const answer = await send("/v1/products/0190a7c0-0000-7000-8000-000000000404", {
    headers: { "if-none-match": "*" },
  });
  expect(answer.status).toBe(404);
});

test("the whole answer where there is no entity tag", async () => {
  expect((await send("/v1/products", { headers: { "if-none-match": '"0"' } })).status).toBe(200);
});
