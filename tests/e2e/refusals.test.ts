import { beforeAll, describe, expect, it } from "vitest";
import type { ProblemDocument } from "#shared/problems.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Bad input through both tiers: what is wrong, and where, in a problem document. */
describe("a refusal", () => {
  let token: string;
  beforeAll(async () => {
    const { id: tenantId } = await newTenant();
    token = await mintToken({ tenantId, scopes: ["catalog:read", "catalog:write"] });
  });

  const send = async (
    method: string,
    path: string,
    type?: string,
    body?: string,
    extra: Readonly<Record<string, string>> = {},
  ) => {
    const headers = { authorization: `Bearer ${token}`, ...(type ? { "content-type": type } : {}), ...extra };
    const answer = await fetch(stack().edgeUrl + path, { method, headers, body: body ?? null });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const document = (await answer.json()) as ProblemDocument;
    expect(document.requestId).toBe(answer.headers.get("x-request-id"));
    expect(document.status).toBe(answer.status);
    return document;
  };
  const JSON_TYPE = "application/json";
  const PATCH_TYPE = "application/merge-patch+json";
  const ID = "0190a7c0-0000-7000-8000-000000000001";

  it.each([
    ["a missing member", '{"sku":"A"}', "/name", "required"],
    ["an unknown member", '{"sku":"A","name":"B","colour":"red"}', "/colour", "additionalProperties"],
    ["a wrong type", '{"sku":1,"name":"B"}', "/sku", "type"],
    [
      "a number that is not exact",
      '{"sku":"A","name":"B","price":{"amountMinor":9007199254740993,"currency":"USD"}}',
      "/price/amountMinor",
      "maximum",
    ],
    [
      "an amount with a fraction",
      '{"sku":"A","name":"B","price":{"amountMinor":1.5,"currency":"USD"}}',
      "/price/amountMinor",
      "type",
    ],
    [
      "an unknown currency",
      '{"sku":"A","name":"B","price":{"amountMinor":1,"currency":"XXX"}}',
      "/price/currency",
      "enum",
    ],
    ["a NUL", '{"sku":"A","name":"a\\u0000b"}', "/name", "text"],
    ["a lone surrogate", '{"sku":"A","name":"\\ud800"}', "/name", "text"],
    ["an overlong name", `{"sku":"A","name":"${"a".repeat(1_001)}"}`, "/name", "maxLength"],
    [
      "an image that is no link",
      '{"sku":"A","name":"B","imageUrl":"javascript:alert(1)"}',
      "/imageUrl",
      "pattern",
    ],
  ])("names the place and the rule of %s", async (_, body, pointer, rule) => {
    const document = await send("POST", "/v1/products", JSON_TYPE, body);
    expect(document).toMatchObject({ status: 400, code: "invalid-request" });
    expect(document.errors).toContainEqual(expect.objectContaining({ in: "body", pointer, rule }));
  });

  const large = `"${"a".repeat(300_000)}"`;
  it.each([
    ["broken JSON", "POST", "/v1/products", JSON_TYPE, "{", 400, "malformed-body"],
    ["JSON that is cut short", "POST", "/v1/products", JSON_TYPE, '{"sku":', 400, "malformed-body"],
    ["no body", "POST", "/v1/products", JSON_TYPE, "", 400, "malformed-body"],
    ["another media type", "POST", "/v1/products", "text/plain", "{}", 415, "unsupported-media-type"],
    ["a body beyond the limit", "POST", "/v1/products", JSON_TYPE, large, 413, "payload-too-large"],
    ["no If-Match", "PATCH", `/v1/products/${ID}`, PATCH_TYPE, '{"name":"B"}', 428, "precondition-required"],
    ["an unknown id", "GET", `/v1/products/${ID}`, undefined, undefined, 404, "not-found"],
    ["what is no id", "GET", "/v1/products/1", undefined, undefined, 400, "invalid-request"],
    ["a forged cursor", "GET", "/v1/products?cursor=forged", undefined, undefined, 400, "invalid-request"],
    ["a wrong method", "PUT", "/v1/products", undefined, undefined, 405, "method-not-allowed"],
    ["an unknown path", "GET", "/v1/nothing", undefined, undefined, 404, "unknown-route"],
  ])("is the right one for %s", async (_, method, path, type, body, status, code) => {
    expect(await send(method, path, type, body)).toMatchObject({ status, code });
  });
});
