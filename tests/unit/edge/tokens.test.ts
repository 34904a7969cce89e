import { describe, expect, it } from "vitest";
import { bearerToken } from "#edge/auth/bearer.ts";
import { readClaims } from "#edge/auth/claims.ts";
import { ownIssuer } from "#edge/auth/issuer.ts";
import { TokenMemory } from "#edge/auth/memory.ts";
import { readParts } from "#edge/auth/token-parts.ts";

describe("the Authorization header", () => {
  it.each([
    ["Bearer a.b.c", "a.b.c"],
    ["bearer a.b.c", "a.b.c"],
    ["BEARER   a-_~+/=", "a-_~+/="],
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
  const own = ownIssuer("https://api.example", "gatehouse");
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
    expect(readClaims(claims, own, 1_000)).toEqual({
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
    expect(readClaims({ ...claims, plan: "free" }, own, 1_000)?.plan).toBe("free");
    for (const plan of ["", 7, { tier: 1 }, "p".repeat(257)]) {
      expect(readClaims({ ...claims, plan }, own, 1_000)?.plan).toBeNull();
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
    expect(readClaims({ ...claims, ...change }, own, 1_000)).toBeNull();
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
  const nothing = () => undefined;
  const keys = { edition: () => 1 };

  it("knows a token until it expires and not a moment longer", () => {
    const memory = new TokenMemory(10);
    memory.remember("token", verified(100), keys, 1);
    expect(memory.recall("token", 99_999, nothing)).not.toBeNull();
    expect(memory.recall("token", 100_000, nothing)).toBeNull();
  });

  it("is bounded", () => {
    const memory = new TokenMemory(2);
    for (const token of ["a", "b", "c"]) memory.remember(token, verified(100), keys, 1);
    expect(memory.recall("a", 0, nothing)).toBeNull();
    expect(memory.recall("c", 0, nothing)).not.toBeNull();
  });

  it("forgets a token when its issuer's keys have changed, or may not be used any more", () => {
    let edition: number | null = 1;
    const changing = { edition: () => edition };
    const memory = new TokenMemory(2);
    for (const next of [2, null]) {
      edition = 1;
      memory.remember("token", verified(100), changing, 1);
      expect(memory.recall("token", 0, nothing)).not.toBeNull();
      edition = next;
      expect(memory.recall("token", 0, nothing)).toBeNull();
    }
  });

  it("takes no other text for the token: shorter, longer, of the same characters, or of any length", () => {
    const memory = new TokenMemory(10);
    memory.remember("abc.def", verified(100), keys, 1);
    for (const other of [
      "abc.de",
      "abc.deff",
      "abc.dfe",
      "",
      "bbc.cef",
      "x".repeat(8_192),
      "x".repeat(9_000),
    ]) {
      expect(memory.recall(other, 0, nothing)).toBeNull();
    }
    memory.remember("x".repeat(8_192), verified(100), keys, 1);
    expect(memory.recall("x".repeat(8_192), 0, nothing)).not.toBeNull();
    expect(memory.recall("x".repeat(8_191), 0, nothing)).toBeNull();
  });
});

describe("the parts of a token", () => {
  const encode = (value: unknown) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const token = (header: unknown, payload: unknown = {}) => `${encode(header)}.${encode(payload)}.AAAA`;

  it("are read", () => {
    expect(readParts(token({ alg: "x" }, { a: [{ b: 1 }, { b: 1 }], b: { a: '{"a":1,"a":2}' } }))).toEqual({
      header: { alg: "x" },
      payload: { a: [{ b: 1 }, { b: 1 }], b: { a: '{"a":1,"a":2}' } },
    });
  });

  it.each([
    ["a member named twice", '{"a":1,"a":1}'],
    ["a member named twice, once with an escape", '{"a":1,"\\u0061":1}'],
    ["a member named twice inside", '{"a":[{"b":{"c":1,"d":"}","c" : 2}}]}'],
    ["a list", "[]"],
    ["nothing", "null"],
    ["what is no JSON", "{a:1}"],
    ["two values", "{} {}"],
    ["a byte order mark", "\ufeff{}"],
  ])("are none with %s", (_, payload) => {
    expect(readParts(token({}, payload))).toBeNull();
    expect(readParts(token(payload, {}))).toBeNull();
  });

  it("are none when the text is not UTF-8", () => {
    const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(readParts(`${encode({})}.${text.toString("base64url")}.AAAA`)).toBeNull();
  });
});
