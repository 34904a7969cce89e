import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider from "oidc-provider";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";

/** Tokens of an OpenID Connect provider that is not ours, got from it as any program would. */

const TENANT = "0199a0a0-0000-7000-8000-00000000de30";
const RESOURCE = "https://api.acme.example";
const SECRET = "a-secret-of-the-shop-at-its-provider";

let server: Server;
let issuer: string;
let key: JWK;
let edge: EdgeUnderTest;
let organization = "org_acme";

beforeAll(async () => {
  server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  key = { ...(await exportJWK(privateKey)), kid: "provider-1", alg: "RS256", use: "sig" };
  server.on("request", provider().callback());
  edge = await startEdgeUnderTest({
    variables: {
      TOKEN_ISSUERS: JSON.stringify([
        {
          name: "acme",
          issuer,
          audience: RESOURCE,
          algorithms: ["RS256"],
          claims: { tenant: "org_id" },
          tenants: { org_acme: TENANT },
          scopes: { allow: ["catalog:read"] },
        },
      ]),
    },
  });
});
afterAll(async () => {
  await edge.stop();
  server.closeAllConnections();
  server.close();
});

function provider(): Provider {
  return new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: "shop",
        client_secret: SECRET,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: "catalog:read catalog:write access:admin",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: () => ({ org_id: organization, tenant: "0199a0a0-0000-7000-8000-0000000c1ea1" }),
  });
}

async function ask(scope: string, resource = RESOURCE): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`shop:${SECRET}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope, resource }),
  });
  expect(response.status).toBe(200);
  return String(((await response.json()) as Record<string, unknown>)["access_token"]);
}

const get = (path: string, token: string) =>
  fetch(edge.url + path, { headers: { authorization: `Bearer ${token}` } });

test("a provider's token is accepted for the tenant it was given, with the scopes that it may grant", async () => {
  const token = await ask("catalog:read catalog:write access:admin");
  expect((await get("/v1/me", token)).status).toBe(200);
  expect(edge.origin.requests.at(-1)?.assertion).toMatchObject({
    tenantId: TENANT,
    subject: "acme:shop",
    clientId: "acme:shop",
    scopes: ["catalog:read"],
  });
});

test("a scope that it may not grant opens nothing, though its token has it", async () => {
  const token = await ask("catalog:read catalog:write");
  const answer = await fetch(`${edge.url}/v1/categories`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: '{"name":"x"}',
  });
  expect(answer.status).toBe(403);
  expect(answer.headers.get("www-authenticate")).toContain("insufficient_scope");
});

test("a token for another organization, or for another API, is refused", async () => {
  const elsewhere = await ask("catalog:read", "https://other.example");
  organization = "org_other";
  const stranger = await ask("catalog:read");
  organization = "org_acme";
  for (const token of [elsewhere, stranger]) {
    const answer = await get("/v1/me", token);
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
  }
});

test("its tokens are accepted while it is away, and our own beside them", async () => {
  const token = await ask("catalog:read");
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  expect((await get("/v1/me", token)).status).toBe(200);
  expect((await get("/v1/me", await edge.token())).status).toBe(200);
  expect(edge.origin.requests.at(-1)?.assertion?.subject).toBe("user-1");
});
