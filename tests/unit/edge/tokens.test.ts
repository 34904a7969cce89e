import { describe, expect, it } from "vitest";
import { bearerToken } from "#edge/auth/bearer.ts";
import { readClaims } from "#edge/auth/claims.ts";
import { TokenMemory } from "#edge/auth/memory.ts";

describe("the Authorization header", () => {
  it.each([
    ["Bearer a.b.c", "a.b.c"],
    ["bearer a.b.c", "a.b.c"],
    ["BEARER   a-_~+/=", "a-_~+/="],
    [null, null],
  ])("%s is read as %s", (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it.each([
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "Bearer a b",
    "Bearer a, Bearer b",
    "Bearera",
    "Bearer a=b",
    `Bearer ${"a".repeat(8_193)}`,
  ])("is refused when it is %j", (header) => {
    expect(() => bearerToken(header)).toThrow(expect.objectContaining({ code: "malformed-authorization" }));
  });
});

describe("the claims of a token", () => {
  const claims = {
    sub: "user",
    client_id: "shop",
    jti: "1",
    tenant: "0190a7c0-0000-7000-8000-000000000001",
    scope: "catalog:read catalog:write",
    iat: 1_000,
    exp: 1_900,
  };

  it("become the principal", () => {
    expect(readClaims(claims, 1_000)).toEqual({
      principal: {
        subject: "user",
        clientId: "shop",
        tenantId: claims.tenant,
        scopes: ["catalog:read", "catalog:write"],
      },
      plan: null,
      tokenId: "1",
      issuedAt: 1_000,
      expiresAt: 1_900,
    });
  });

  it("name the plan, unless it is no name", () => {
    expect(readClaims({ ...claims, plan: "free" }, 1_000)?.plan).toBe("free");
    for (const plan of ["", 7, { tier: 1 }, "p".repeat(257)]) {
      expect(readClaims({ ...claims, plan }, 1_000)?.plan).toBeNull();
    }
  });

  it.each([
    ["no subject", { sub: undefined }],
    ["an empty subject", { sub: "" }],
    ["a subject that is a number", { sub: 7 }],
    ["no client", { client_id: undefined }],
    ["an overlong client", { client_id: "c".repeat(257) }],
    ["no id", { jti: undefined }],
    ["a tenant that is no UUID", { tenant: "demo" }],
    ["a tenant in capitals", { tenant: claims.tenant.toUpperCase().replace("0190A7C0", "ABCDEF00") }],
    ["a scope that is a list", { scope: ["catalog:read"] }],
    ["an expiry in text", { exp: "1900" }],
    ["an infinite expiry", { exp: Number.POSITIVE_INFINITY }],
    ["an expiry in a century", { exp: 1_000 + 100 * 366 * 86_400 }],
    ["an issue time before 1970", { iat: -1 }],
    ["an issue time that is still to come", { iat: 1_061 }],
    ["a client with a NUL", { client_id: "a\u0000b" }],
    ["a client with half a character", { client_id: "a\ud800" }],
  ])("are refused with %s", (_, change) => {
    expect(readClaims({ ...claims, ...change } as Parameters<typeof readClaims>[0], 1_000)).toBeNull();
  });
});

describe("the memory of verified tokens", () => {
  const verified = (expiresAt: number) => ({
    principal: { subject: "s", clientId: "c", tenantId: "t", scopes: [] },
    plan: null,
    tokenId: null,
    issuedAt: 0,
    expiresAt,
  });

  it("knows a token until it expires and not a moment longer", () => {
    const memory = new TokenMemory(10);
    memory.remember("token", verified(100));
    expect(memory.recall("token", 99.9)).not.toBeNull();
    expect(memory.recall("token", 100)).toBeNull();
  });

  it("is bounded", () => {
    const memory = new TokenMemory(2);
    for (const token of ["a", "b", "c"]) memory.remember(token, verified(100));
    expect(memory.recall("a", 0)).toBeNull();
    expect(memory.recall("c", 0)).not.toBeNull();
  });
});
