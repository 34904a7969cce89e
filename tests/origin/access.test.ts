import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { makeClient } from "#tests/support/make-client.ts";
import { originClient, signAssertion } from "#tests/support/origin.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { revokedIn } from "#tests/support/revoked.ts";
import { mintToken, newTenant, owner, stack } from "#tests/support/stack.ts";

const nobody = originClient(null);
let tenantId: string;
let clientId: string;
let disabled: { readonly id: string; readonly secret: string };
let secret: string;

beforeAll(async () => {
  tenantId = (await newTenant()).id;
  const scopes = ["catalog:read", "catalog:write"];
  ({ id: clientId, secret } = await makeClient(owner(), tenantId, { scopes }));
  disabled = await makeClient(owner(), tenantId, { scopes, disabled: true });
});

function ask(form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(form).toString();
  const mediaType = { "content-type": "application/x-www-form-urlencoded" };
  return nobody("/v1/oauth/token", { method: "POST", body, headers: { ...mediaType, ...headers } });
}

const inBody = () => ({ grant_type: "client_credentials", client_id: clientId, client_secret: secret });

function basic(id: string, password: string): Record<string, string> {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` };
}

describe("issueToken", () => {
  test("answers 200 with a token (RFC 9068) that the published keys verify", async () => {
    const { status, json, headers } = await ask(inBody());
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(json).toMatchObject({
      token_type: "Bearer",
      expires_in: 900,
      scope: "catalog:read catalog:write",
    });
    const keys = createLocalJWKSet((await nobody("/.well-known/jwks.json")).json);
    const { payload } = await jwtVerify(json.access_token, keys, {
      issuer: stack().issuer,
      audience: "gatehouse",
      typ: "at+jwt",
      algorithms: ["ES256"],
    });
    expect(payload).toMatchObject({
      sub: clientId,
      client_id: clientId,
      tenant: tenantId,
      scope: "catalog:read catalog:write",
      jti: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(decodeProtectedHeader(json.access_token)).toMatchObject({ alg: "ES256", typ: "at+jwt" });
  });

  test("takes HTTP Basic, and grants the scopes asked for", async () => {
    const form = { grant_type: "client_credentials", scope: "catalog:read" };
    const { status, json } = await ask(form, basic(clientId, secret));
    expect([status, json.scope]).toEqual([200, "catalog:read"]);
  });

  test.each([
    ["the secret is wrong", () => ask({ ...inBody(), client_secret: "no" })],
    ["the client is unknown", () => ask({ ...inBody(), client_id: "nobody" })],
    [
      "the client is disabled",
      () => ask({ ...inBody(), client_id: disabled.id, client_secret: disabled.secret }),
    ],
    ["there are no credentials", () => ask({ grant_type: "client_credentials" })],
    [
      "the header is not Basic",
      () => ask({ grant_type: "client_credentials" }, { authorization: "Bearer x" }),
    ],
  ])("answers 401 invalid_client when %s", async (_when, asked) => {
    const { status, json, headers } = await asked();
    expect([status, json.error]).toEqual([401, "invalid_client"]);
    expect(headers.get("www-authenticate")).toMatch(/^Basic /);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["unsupported_grant_type", () => ask({ ...inBody(), grant_type: "password" })],
    ["invalid_request", () => ask({ client_id: clientId, client_secret: secret })],
    ["invalid_request", () => ask(inBody(), basic(clientId, secret))],
    ["invalid_scope", () => ask({ ...inBody(), scope: "catalog:read catalog:admin" })],
    ["invalid_scope", () => ask({ ...inBody(), scope: " " })],
  ])("answers 400 %s in the terms of RFC 6749", async (error, asked) => {
    const { status, json } = await asked();
    expect([status, json.error]).toEqual([400, error]);
    expect(Object.keys(json)).toEqual(["error", "error_description"]);
  });

  const form = "application/x-www-form-urlencoded";
  test.each<[what: string, body: string, mediaType: string, description: RegExp]>([
    ["a parameter given twice", "grant_type=a&grant_type=b", form, /more than once/],
    ["an unknown parameter given twice", "a=1&a=2", form, /more than once/],
    ["an over-long grant_type", `grant_type=${"x".repeat(101)}`, form, /^grant_type /],
    ["an over-long scope", `grant_type=client_credentials&scope=${"x".repeat(1_001)}`, form, /^scope /],
    ["an over-long client_id", `client_id=${"x".repeat(201)}`, form, /^client_id /],
    ["an over-long client_secret", `client_secret=${"x".repeat(201)}`, form, /^client_secret /],
    ["a NUL", "grant_type=a%00b", form, /^grant_type /],
    ["what is not UTF-8", "grant_type=%ff", form, /./],
    ["no body", "", form, /^grant_type is missing$/],
    ["no grant_type", "scope=a", form, /^grant_type is missing$/],
    ["a body beyond 8 KiB", `x=${"x".repeat(9_000)}`, form, /^the limit is 8192 bytes$/],
    ["JSON", "{}", "application/json", /^send application.x-www-form-urlencoded/],
    ["a form in Latin 1", "grant_type=a", `${form}; charset=latin1`, /in UTF-8$/],
    ["plain text", "grant_type=a", "text/plain", /^send application/],
  ])("answers 400 invalid_request to %s, and keeps nothing", async (_what, body, mediaType, description) => {
    const headers = { "content-type": mediaType };
    const answer = await nobody("/v1/oauth/token", { method: "POST", body, headers });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_request" } });
    expect(Object.keys(answer.json)).toEqual(["error", "error_description"]);
    expect(answer.json.error_description).toMatch(description);
    // RFC 6749 §5.2: no quotation marks, no backslashes, nothing but ASCII.
    expect(answer.json.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  });

  test("answers 400 invalid_request to an over-long header and to a query", async () => {
    const authorization = `Basic ${"a".repeat(1_000)}`;
    expect(await ask(inBody(), { authorization })).toMatchObject({
      status: 400,
      json: { error: "invalid_request" },
    });
    const queried = await nobody("/v1/oauth/token?client_id=x", {
      method: "POST",
      body: "grant_type=client_credentials",
      headers: { "content-type": form },
    });
    expect(queried).toMatchObject({ status: 400, json: { error: "invalid_request" } });
  });

  test("answers 400 to several Authorization headers, whichever of them is good", async () => {
    const { authorization: right = "" } = basic(clientId, secret);
    const form = "grant_type=client_credentials";
    for (const credentials of [
      [right, "Basic eDp5"],
      ["Basic eDp5", right],
      [right, right],
      [right, ""],
    ]) {
      const headers = [
        `Gatehouse-Assertion: ${signAssertion({ target: "POST /v1/oauth/token" })}`,
        "Content-Type: application/x-www-form-urlencoded",
        `Content-Length: ${form.length}`,
        ...credentials.map((value) => `Authorization: ${value}`),
      ];
      const answer = await rawRequest(stack().originUrl, "POST /v1/oauth/token", headers, form);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "malformed-authorization"]);
      expect(answer.body).not.toContain(right.slice(6));
    }
  });
});

describe("the service about itself", () => {
  test("getKeySet answers 200 with public keys only, the development key among them", async () => {
    const { status, json } = await nobody("/.well-known/jwks.json");
    expect(status).toBe(200);
    expect(json.keys.length).toBeGreaterThanOrEqual(2);
    for (const key of json.keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    expect(json.keys.map(({ kid }: { kid: string }) => kid)).toContain(stack().key.kid);
  });

  test("the private key is not readable in the database", async () => {
    const rows = await owner()`select encode(sealed_private_jwk, 'escape') as text from signing_keys`;
    expect(rows).toHaveLength(1);
    expect(rows[0]?.["text"]).not.toContain("kty");
  });

  test("getMe answers 200 with what the edge stated", async () => {
    const send = originClient(tenantId);
    const { status, json } = await send("/v1/me", { clientId: "me", scopes: ["catalog:read"] });
    expect(status).toBe(200);
    expect(json).toEqual({
      subject: "me",
      clientId: "me",
      tenantId,
      scopes: ["catalog:read"],
      roles: [],
      email: null,
    });
  });

  test("getOpenApi answers 200 with the whole description", async () => {
    const { status, json } = await nobody("/openapi.json");
    expect(status).toBe(200);
    expect(json.openapi).toMatch(/^3\.1\./);
    expect(json.paths["/v1/products"].post.operationId).toBe("createProduct");
  });

  test("getProblemType answers 200 with an entry of the table, 404 for none", async () => {
    const { status, json } = await nobody("/problems/quota-exceeded");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      code: "quota-exceeded",
      status: 429,
      type: expect.stringContaining("iana.org"),
    });
    expect((await nobody("/problems/none-such")).status).toBe(404);
    expect((await nobody("/problems/NONE")).status).toBe(400);
  });
});

describe("revokeToken (RFC 7009)", () => {
  const revoke = (form: Record<string, string>, headers: Record<string, string> = {}) => {
    const mediaType = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(form).toString();
    return nobody("/v1/oauth/revoke", { method: "POST", body, headers: { ...mediaType, ...headers } });
  };
  const issued = async (): Promise<string> => (await ask(inBody())).json.access_token;

  test("has a client's own token refused, however it authenticates and whatever it hints", async () => {
    const [first, second] = [await issued(), await issued()];
    const form = { client_id: clientId, client_secret: secret, token_type_hint: "refresh_token" };
    expect((await revoke({ ...form, token: first })).status).toBe(200);
    expect((await revoke({ token: second }, basic(clientId, secret))).status).toBe(200);
    expect((await revoke({ token: second }, basic(clientId, secret))).status).toBe(200);
    const revoked = await revokedIn(tenantId);
    for (const token of [first, second]) expect(revoked).toContain(`token ${decodeJwt(token).jti}`);
    const entries = await owner()`select distinct subject, client_id from audit_log
      where tenant_id = ${tenantId} and collection = 'revocations'`;
    expect(entries).toEqual([{ subject: clientId, client_id: clientId }]);
  });

  test("answers 200 to what is no token, or is signed by nobody that we know (§2.2)", async () => {
    const before = await revokedIn(tenantId);
    const foreign = await mintToken({ tenantId, clientId });
    for (const token of ["", "nothing", `${(await issued()).slice(0, -4)}AAAA`, foreign]) {
      expect((await revoke({ token }, basic(clientId, secret))).status).toBe(200);
    }
    expect(await revokedIn(tenantId)).toEqual(before);
  });

  test("answers 400 to a token that another client was given, and revokes nothing", async () => {
    const other = await makeClient(owner(), tenantId);
    const before = await revokedIn(tenantId);
    const { status, json } = await revoke({ token: await issued() }, basic(other.id, other.secret));
    expect([status, json.error]).toEqual([400, "unauthorized_client"]);
    expect(await revokedIn(tenantId)).toEqual(before);
  });

  test.each([
    ["401 without credentials", () => revoke({ token: "x" }), 401, "invalid_client"],
    ["401 with a wrong secret", () => revoke({ token: "x" }, basic(clientId, "no")), 401, "invalid_client"],
    ["400 without a token", () => revoke({}, basic(clientId, secret)), 400, "invalid_request"],
  ])("answers %s", async (_, send, expected, error) => {
    const { status, json } = await send();
    expect([status, json.error]).toEqual([expected, error]);
  });
});
