import { base64url } from "jose";
import { expect, test } from "vitest";
import { type AssertionClaims, encodeAssertion, parseClaims } from "#shared/identity.ts";

const claims: AssertionClaims = {
  aud: "gatehouse-origin",
  kid: "a",
  target: "GET /v1/things?q=%C3%A9",
  exp: 1_800_000_000,
  budgetMs: 5000,
  requestId: "request-1",
  scopes: ["catalog:read"],
};

const decoded = (payload: string) => Buffer.from(payload, "base64url").toString();

test("an assertion is read back as it was written", () => {
  const whole = { ...claims, tenantId: "t", subject: "é", clientId: "c" };
  expect(parseClaims(decoded(encodeAssertion(whole)))).toEqual(whole);
  expect(parseClaims(decoded(encodeAssertion(claims)))).toEqual(claims);
});

test("a payload that is not base64url, UTF-8 or JSON is no assertion", () => {
  for (const payload of ["", "!", "e30=", base64url.encode("{"), base64url.encode(new Uint8Array([0xff]))]) {
    expect(parseClaims(decoded(payload))).toBeNull();
  }
});

test.each([
  ["another audience", { aud: "other" }],
  ["no expiry", { exp: undefined }],
  ["an expiry that is not an integer", { exp: 1.5 }],
  ["an empty target", { target: "" }],
  ["a negative budget", { budgetMs: -1 }],
  ["scopes in a string", { scopes: "catalog:read" }],
  ["an unknown claim", { admin: true }],
])("a payload with %s is no assertion", (_, change) => {
  expect(parseClaims(JSON.stringify({ ...claims, ...change }))).toBeNull();
});
