import { expect, it } from "vitest";
import { cacheTags } from "#edge/cache/cache-tags.ts";
import { tagsOf } from "#edge/http-cache/tags.ts";
import { contract } from "#shared/contract.ts";

const tagged = (operationId: keyof typeof contract, target: string, tenantId?: string) => {
  const partition = tenantId === undefined ? {} : { tenantId };
  return cacheTags(contract[operationId], { operationId, partition, target }, null);
};

it.each([
  [
    "an item",
    tagged("getProduct", "/v1/products/1?x=/2", "t"),
    "route:getProduct,tenant:t,collection:products,item:products:1",
  ],
  [
    "a list",
    tagged("listProducts", "/v1/products?pageSize=7", "t"),
    "route:listProducts,tenant:t,collection:products",
  ],
  ["what is the same for everyone", tagged("getOpenApi", "/openapi.json"), "route:getOpenApi"],
])("%s is tagged by its route, its tenant and what it shows", (_, tags, expected) => {
  expect(tags).toBe(expected);
});

it("makes tags that a cache takes, whatever the names", () => {
  const tags = tagged("getProduct", "/v1/products/%C3%A9,b", "a tenant,with é");
  expect(tags.split(",")).toEqual([
    "route:getProduct",
    "tenant:a%20tenant%2Cwith%20%C3%A9",
    "collection:products",
    "item:products:%25C3%25A9%2Cb",
  ]);
  expect(tagsOf(tags)).toHaveLength(4);
});

it("leaves out what is too long to be one", () => {
  expect(tagged("getProduct", `/v1/products/${"x".repeat(250)}`)).toBe(
    "route:getProduct,collection:products",
  );
});
