import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { Command } from "#tests/support/command.ts";
import { type LoggedSystem, startLoggedSystem } from "#tests/support/logged-system.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { stack } from "#tests/support/stack.ts";
import { answer, startReceiver } from "#tests/support/webhook-receiver.ts";

/** What no log may have, by what it is. */
const secrets = new Map<string, string>();

/** Something that is looked for in all logs. */
function secret(name: string, value: string = randomBytes(24).toString("base64url")): string {
  secrets.set(name, value);
  return value;
}

let system: LoggedSystem;
let admin: string;

beforeAll(async () => {
  system = await startLoggedSystem({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${secret("key of the collector")}`,
  });
  admin = secret("bearer token", await system.token(scopesOf(contract)));
});
afterAll(() => system.stop());

type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: unknown };

async function send(path: string, { method = "POST", headers = {}, body }: Sent = {}): Promise<number> {
  const isText = typeof body === "string";
  const response = await fetch(system.url + path, {
    method,
    headers: { ...(body === undefined || "content-type" in headers ? {} : JSON_TYPE), ...headers },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

const JSON_TYPE = { "content-type": "application/json" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (id: string, password: string) =>
  `Basic ${secret(`credentials of ${id}`, Buffer.from(`${id}:${password}`).toString("base64"))}`;

async function logIns(): Promise<void> {
  const { slug: tenant } = system.tenant;
  const client = createClient({ baseUrl: system.url, token: admin });
  const anyone = createClient({ baseUrl: system.url });
  const password = secret("password");
  const email = "somebody@people.example";
  await client.createUser({ body: { email, role: "admin", password } });
  const { body: session } = await anyone.login({ body: { tenant, email, password } });
  const token = secret("access token of a login", session.accessToken);
  const refreshToken = secret("refresh token", session.refreshToken);
  const login = (body: unknown) => send("/v1/auth/login", { body });
  expect(await login({ tenant, email, password: secret("wrong password") })).toBe(401);
  expect(await login(`{"tenant":"${tenant}","password":"${secret("password in broken JSON")}`)).toBe(400);
  expect(await login({ tenant, email, passwort: secret("password under another name") })).toBe(400);
  expect(await login({ tenant, email, password: [secret("password in a list")] })).toBe(400);
  expect(await login({ tenant, email: secret("password as email"), password })).toBe(401);
  expect(await login({ tenant: secret("password as tenant"), email, password })).toBe(401);
  const change = {
    currentPassword: secret("wrong current password"),
    newPassword: secret("new password"),
  };
  expect(await send("/v1/me/password", { headers: bearer(token), body: change })).toBe(422);
  const next = secret(
    "next refresh token",
    (await anyone.refreshSession({ body: { refreshToken } })).body.refreshToken,
  );
  expect(await send("/v1/auth/refresh", { body: { refreshToken: secret("wrong refresh token") } })).toBe(401);
  expect(await send("/v1/auth/refresh", { body: { refreshToken } })).toBe(401);
  expect(await send("/v1/auth/logout", { body: { refreshToken: next } })).toBe(204);
}

async function programs(): Promise<void> {
  const client = createClient({ baseUrl: system.url, token: admin });
  const made = (await client.createClient({ body: { name: "Till", scopes: ["clients:admin"] } })).body;
  const first = secret("client secret", made.secret);
  const rotated = await client.rotateClientSecret({ params: { clientId: made.id }, body: {} });
  const second = secret("rotated client secret", rotated.body.secret);
  const form = (clientSecret: string) =>
    String(
      new URLSearchParams({
        grant_type: "client_credentials",
        client_id: made.id,
        client_secret: clientSecret,
      }),
    );
  const ask = (body: string, headers = {}) =>
    send("/v1/oauth/token", { headers: { ...FORM, ...headers }, body });
  expect(await ask(form(first))).toBe(200);
  expect(await ask(form(second))).toBe(200);
  expect(await ask(form(secret("wrong client secret")))).toBe(401);
  expect(await ask("grant_type=client_credentials", { authorization: basic(made.id, second) })).toBe(200);
  expect(await ask("grant_type=client_credentials", { authorization: basic(made.id, "wrong") })).toBe(401);
  expect(await ask(`grant_type=${secret("secret as grant type")}`)).toBe(400);
  expect(await send("/v1/oauth/token", { body: { client_secret: secret("client secret in JSON") } })).toBe(
    400,
  );
}

async function wrongPlaces(): Promise<void> {
  const get = (path: string, headers = {}) => send(path, { method: "GET", headers });
  expect(await get(`/v1/me?access_token=${secret("token in the query")}`, bearer(admin))).toBe(400);
  expect(await get(`/v1/tokens/${secret("token in an unknown path")}`)).toBe(404);
  expect(await get(`/v1/clients/${secret("token as an id")}`, bearer(admin))).toBe(400);
  expect(await get("/v1/me", { authorization: secret("token without a scheme") })).toBe(400);
  expect(await get("/v1/me", bearer(secret("token that is none")))).toBe(401);
  expect(await get("/v1/me", { authorization: basic("somebody", "something") })).toBe(400);
  const harmless = {
    cookie: `session=${secret("cookie")}`,
    "x-api-key": secret("API key"),
    "proxy-authorization": secret("proxy authorization"),
    "x-request-id": `<${secret("token in a malformed request id")}>`,
    traceparent: `00-${secret("token as traceparent")}-01`,
  };
  expect(await get("/v1/me", { ...bearer(admin), ...harmless })).toBe(200);
  const twice = [`Authorization: Bearer ${admin}`, `Authorization: Bearer ${secret("second token")}`];
  expect((await rawRequest(system.url, "GET /v1/me", twice)).status).toBe(400);
  const { id } = (
    await createClient({ baseUrl: system.url, token: admin }).createUser({
      body: { email: "other@people.example", role: "viewer", password: secret("another password") },
    })
  ).body;
  const headers = { ...bearer(admin), "if-match": "*", "idempotency-key": `"${secret("idempotency key")}"` };
  const patch = (role: string) =>
    send(`/v1/users/${id}`, {
      method: "PATCH",
      headers: { ...headers, "content-type": "application/merge-patch+json" },
      body: { role },
    });
  expect([await patch("editor"), await patch("editor"), await patch("admin")]).toEqual([200, 200, 422]);
  const limited = bearer(secret("token without scopes", await system.token([])));
  expect(await send("/v1/users", { method: "GET", headers: limited })).toBe(403);
}

async function webhooks(): Promise<void> {
  const receiver = await startReceiver(answer(500));
  const client = createClient({ baseUrl: system.url, token: admin });
  const url = `${receiver.url}/${secret("secret in a webhook's path")}?key=${secret("secret in its query")}`;
  const hook = (await client.createWebhook({ body: { url, eventTypes: ["webhook.test"] } })).body;
  secret("webhook secret", hook.secret);
  const params = { webhookId: hook.id };
  secret("rotated webhook secret", (await client.rotateWebhookSecret({ params, body: {} })).body.secret);
  await client.testWebhook({ params });
  await receiver.has(1);
  await receiver.close();
}

/** What goes wrong inside, with secrets in the request. */
async function failures(): Promise<void> {
  await system.sql.unsafe(`
    create function broken() returns trigger language plpgsql as
      $$ begin raise exception 'unexpected' using errcode = 'XX000'; end $$;
    create trigger broken before insert on users for each row
      when (new.email = 'broken@people.example') execute function broken()`);
  const body = {
    email: "broken@people.example",
    role: "viewer",
    password: secret("password in a failed write"),
  };
  expect(await send("/v1/users", { headers: bearer(admin), body })).toBe(500);

  await system.database.set({ kind: "refuse" });
  system.database.sever();
  const { slug: tenant } = system.tenant;
  const login = { tenant, email: "x@people.example", password: secret("password without a database") };
  expect(await send("/v1/auth/login", { body: login })).toBe(503);
  await system.database.set({ kind: "pass" });

  system.redis.before = () => "reset";
  const token = secret("token without Redis", await system.token(["clients:admin"]));
  await send("/v1/me", { method: "GET", headers: bearer(token) });
  system.redis.before = () => "pass";
}

/** Starts that fail: each says why, and nothing more. */
async function starts(): Promise<string> {
  const wrong = new URL(system.originVariables["DATABASE_URL"] ?? "");
  wrong.password = secret("wrong database password");
  const variables = [
    { DATABASE_URL: wrong.href },
    { DATABASE_URL: `mysql://u:${secret("password of another database")}@127.0.0.1/x` },
    { ASSERTION_SECRETS: `kid:${secret("secret that is too short", randomBytes(9).toString("hex"))}` },
    { KEY_ENCRYPTION_SECRET: secret("another key secret", randomBytes(32).toString("base64url")) },
  ];
  const said = await Promise.all(
    variables.map((own) => {
      const command = new Command("origin/server.ts", [], { ...system.originVariables, ...own });
      return command.finished();
    }),
  );
  expect(said.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
  return said.map(({ stdout, stderr }) => stdout + stderr).join("\n");
}

test("a request is told with the same names, and the same values, by both tiers", async () => {
  const headers = {
    ...bearer(admin),
    "x-request-id": "request-parity",
    "x-correlation-id": "journey-parity",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  await send("/v1/me", { method: "GET", headers });
  const told = () => system.lines().filter(({ request_id }) => request_id === "request-parity");
  await expect.poll(() => told().length, { timeout: 10_000 }).toBe(2);
  const [edge = {}, origin = {}] = [...told()].sort((a, b) =>
    String(a["stage"]).localeCompare(String(b["stage"])),
  );
  expect(Object.keys(edge).sort()).toEqual(Object.keys(origin).sort());
  const { stage: _e, time: _t, latency_ms: _l, outcome: _o, ...same } = edge;
  expect(origin).toMatchObject(same);
  expect(same).toEqual({
    level: "info",
    request_id: "request-parity",
    correlation_id: "journey-parity",
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    method: "GET",
    operation: "getMe",
    tenant_id: system.tenant.id,
    client_id: `client-${system.tenant.id}`,
    status: 200,
    msg: "request",
  });
  const page = readFileSync("docs/observability.md", "utf8");
  for (const name of Object.keys(edge)) expect(page).toContain(`| \`${name}\` |`);
});

describe("no log of a run has", () => {
  test("any secret that was used in it, in the right place or in a wrong one", {
    timeout: 60_000,
  }, async () => {
    for (const [name, value] of Object.entries(stack().secrets))
      secret(`secret of the system: ${name}`, value);
    await logIns();
    await programs();
    await wrongPlaces();
    await webhooks();
    await failures();
    const started = await starts();
    const written = (await system.ended()) + started;

    const statuses = new Set(system.lines().map(({ status }) => status));
    for (const status of [200, 400, 401, 403, 404, 422, 500, 503]) expect(statuses).toContain(status);
    const leaked = [...secrets].filter(([, value]) => written.includes(value));
    const where = leaked.map(([name, value]) => [
      name,
      written.split("\n").find((line) => line.includes(value)),
    ]);
    expect(where).toEqual([]);
    expect(secrets.size).toBeGreaterThan(45);
  });
});
