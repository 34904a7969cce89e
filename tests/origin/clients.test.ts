import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { describeGuards } from "#tests/support/guards.ts";
import { originClient, type Send, type SignedRequest } from "#tests/support/origin.ts";
import { revokedIn } from "#tests/support/revoked.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

const SCOPES = ["clients:admin", "users:admin"];
const nobody = originClient(null);
let send: Send;
let stranger: Send;
beforeAll(async () => {
  [send, stranger] = [adminOf((await newTenant()).id), adminOf((await newTenant()).id)];
});

function adminOf(tenantId: string): Send {
  const client = originClient(tenantId);
  return (path, request) => client(path, { scopes: SCOPES, ...request });
}

function create(body: object = {}, request: SignedRequest = {}, by = send) {
  const fields = { name: "A client", scopes: ["clients:admin"], ...body };
  return by("/v1/clients", { method: "POST", body: fields, ...request });
}

function update(id: string, body: object, request: SignedRequest = {}, by = send) {
  const headers = { "content-type": "application/merge-patch+json", ...request.headers };
  return by(`/v1/clients/${id}`, { method: "PATCH", body, ...request, headers });
}

function rotate(id: string, body: object = {}, request: SignedRequest = {}, by = send) {
  return by(`/v1/clients/${id}/secret`, { method: "POST", body, ...request });
}

/** The status of a token request with these credentials. */
async function tokenStatus(id: string, secret: string): Promise<number> {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: id,
    client_secret: secret,
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return (await nobody("/v1/oauth/token", { method: "POST", body, headers })).status;
}

describe("createClient", () => {
  test("answers 201 with a secret that gets tokens, an ETag and a Location", async () => {
    const { status, json, headers } = await create({ name: "Warehouse é" });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      name: "Warehouse é",
      scopes: ["clients:admin"],
      disabled: false,
      version: 1,
    });
    expect(json.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/clients/${json.id}`);
    expect(await tokenStatus(json.id, json.secret)).toBe(200);
    expect(await tokenStatus(json.id, `${json.secret}x`)).toBe(401);
  });

  test("keeps a hash of the secret only, and shows it to nobody again", async () => {
    const { json } = await create();
    const [row] = await owner()`select * from api_clients where client_id = ${json.id}`;
    expect(JSON.stringify(row)).not.toContain(json.secret);
    const texts = [
      await send(`/v1/clients/${json.id}`),
      await send("/v1/clients"),
      await update(json.id, { name: "B" }),
    ].map(({ text }) => text);
    for (const text of texts) expect(text).not.toMatch(/secret"|secretHash/);
  });

  test("ignores an Idempotency-Key: a secret is not stored for a replay", async () => {
    const headers = { "idempotency-key": "k" };
    const [one, two] = [await create({}, { headers }), await create({}, { headers })];
    expect(one.json.id).not.toBe(two.json.id);
  });

  test.each([
    ["an empty name", { name: "" }, "/name"],
    ["a name of spaces", { name: "  " }, "/name"],
    ["a name on two lines", { name: "a\nb" }, "/name"],
    ["a name of 201 characters", { name: "x".repeat(201) }, "/name"],
    ["no scopes", { scopes: [] }, "/scopes"],
    ["a scope twice", { scopes: ["clients:admin", "clients:admin"] }, "/scopes"],
    ["what is no scope", { scopes: ["clients admin"] }, "/scopes/0"],
    ["a secret of one's own", { secret: "x" }, "/secret"],
  ])("answers 400 to %s", async (_what, body, pointer) => {
    const { status, json } = await create(body);
    expect(status).toBe(400);
    expect(json.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  test("answers 403 to scopes that the caller does not hold", async () => {
    const { status, json } = await create({ scopes: SCOPES }, { scopes: ["clients:admin"] });
    expect(status).toBe(403);
    expect(json).toMatchObject({ code: "insufficient-scope", scope: "users:admin" });
  });

  test("answers 413 beyond 16 KiB and 415 to what is not JSON", async () => {
    expect((await create({ name: "x".repeat(17_000) })).status).toBe(413);
    expect((await create({}, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });

  test("answers 422 to a scope that there is none of, though the caller's token has it", async () => {
    const scopes = ["clients:admin", "moon:admin"];
    const { status, json } = await create({ scopes }, { scopes });
    expect(status).toBe(422);
    expect(json.errors).toEqual([expect.objectContaining({ pointer: "/scopes/1", rule: "exists" })]);
  });
});

describe("listClients", () => {
  test("answers 200 with the newest first, page by page, and another tenant's never", async () => {
    const by = adminOf((await newTenant()).id);
    for (const name of ["one", "two", "three"]) await create({ name }, {}, by);
    const names = (json: { data: { name: string }[] }) => json.data.map(({ name }) => name);
    const { status, json } = await by("/v1/clients?pageSize=2");
    expect([status, names(json)]).toEqual([200, ["three", "two"]]);
    const rest = await by(`/v1/clients?pageSize=2&cursor=${json.meta.nextCursor}`);
    expect([names(rest.json), rest.json.meta.nextCursor]).toEqual([["one"], null]);
    expect(names((await stranger("/v1/clients")).json)).toEqual([]);
  });

  test("answers 400 to a forged cursor", async () => {
    expect((await send("/v1/clients?cursor=abc")).status).toBe(400);
  });
});

describe("getClient", () => {
  test("answers 200 with the client, 404 to another tenant as if there were none, 400 to what is no id", async () => {
    const { json } = await create();
    const { secret: _secret, ...client } = json;
    const found = await send(`/v1/clients/${json.id}`);
    expect(found).toMatchObject({ status: 200, json: client });
    expect(found.headers.get("etag")).toBe('"1"');
    expect((await stranger(`/v1/clients/${json.id}`)).status).toBe(404);
    expect((await send(`/v1/clients/${randomUUID()}`)).status).toBe(404);
    expect((await send("/v1/clients/12")).status).toBe(400);
  });
});

describe("updateClient", () => {
  test("answers 200 when it renames, changes scopes, disables and enables", async () => {
    const { json } = await create();
    const changed = await update(json.id, { name: "New", scopes: SCOPES });
    expect(changed).toMatchObject({ status: 200, json: { name: "New", scopes: SCOPES, version: 2 } });
    expect((await update(json.id, { disabled: true })).json.disabled).toBe(true);
    expect(await tokenStatus(json.id, json.secret)).toBe(401);
    const enabled = await update(json.id, { disabled: false });
    expect(enabled.headers.get("etag")).toBe('"4"');
    expect(await tokenStatus(json.id, json.secret)).toBe(200);
  });

  test("answers 400 to what is no field, 404 to a stranger, 413 and 415", async () => {
    const { id } = (await create()).json;
    expect((await update(id, { secretHash: "x" })).status).toBe(400);
    expect((await update(id, { name: "x" }, {}, stranger)).status).toBe(404);
    expect((await update(id, { name: "x".repeat(17_000) })).status).toBe(413);
    expect((await update(id, {}, { headers: { "content-type": "application/json" } })).status).toBe(415);
  });

  test("answers 403 to whoever would give, or give back, what they do not hold", async () => {
    const { id } = (await create({ scopes: SCOPES })).json;
    const weaker = { scopes: ["clients:admin"] };
    expect((await update(id, { scopes: SCOPES }, weaker)).status).toBe(403);
    expect((await update(id, { disabled: true }, weaker)).status).toBe(200);
    expect((await update(id, { disabled: false }, weaker)).status).toBe(403);
  });

  test("answers 412 when `If-Match` names an older version", async () => {
    const { id } = (await create()).json;
    expect((await update(id, { name: "B" }, { headers: { "if-match": '"1"' } })).status).toBe(200);
    expect((await update(id, { name: "C" }, { headers: { "if-match": '"1"' } })).status).toBe(412);
  });

  test("answers 422 to a scope that there is none of", async () => {
    const { id } = (await create()).json;
    expect((await update(id, { scopes: ["moon:read"] })).status).toBe(422);
  });
});

describe("the tokens that a client has", () => {
  test("are refused when it is disabled, may do less, or has its secret replaced without grace", async () => {
    const tenantId = (await newTenant()).id;
    const by = adminOf(tenantId);
    const id = async () => (await create({ scopes: SCOPES }, {}, by)).json.id;
    const [disabled, narrowed, stolen, kept] = [await id(), await id(), await id(), await id()];
    await update(disabled, { disabled: true }, {}, by);
    await update(narrowed, { scopes: ["clients:admin"] }, {}, by);
    await rotate(stolen, { gracePeriodSeconds: 0 }, {}, by);
    await update(kept, { name: "B", scopes: SCOPES, disabled: false }, {}, by);
    await rotate(kept, {}, {}, by);
    const revoked = [disabled, narrowed, stolen].map((each) => `client ${each}`);
    expect(new Set(await revokedIn(tenantId))).toEqual(new Set(revoked));
  });
});

describe("rotateClientSecret", () => {
  test("answers 200 with a new secret beside which the old one is good for a day", async () => {
    const { json: first } = await create();
    const { status, json } = await rotate(first.id);
    expect(status).toBe(200);
    expect(json.secret).not.toBe(first.secret);
    const hours = (Date.parse(json.previousSecretExpiresAt) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
    expect(await tokenStatus(first.id, first.secret)).toBe(200);
    expect(await tokenStatus(first.id, json.secret)).toBe(200);
  });

  test("lets two secrets be good, never three", async () => {
    const { json: first } = await create();
    const { json: second } = await rotate(first.id);
    const { json: third } = await rotate(first.id);
    const statuses = [first, second, third].map(({ secret }) => tokenStatus(first.id, secret));
    expect(await Promise.all(statuses)).toEqual([401, 200, 200]);
  });

  test("ends the old secret with its grace period, or at once", async () => {
    const { json: first } = await create();
    await rotate(first.id);
    await owner()`update api_clients set previous_secret_expires_at = now() - interval '1 s'
      where client_id = ${first.id}`;
    expect(await tokenStatus(first.id, first.secret)).toBe(401);
    expect((await send(`/v1/clients/${first.id}`)).json.previousSecretExpiresAt).toBeNull();
    const { json: second } = await rotate(first.id);
    await rotate(first.id, { gracePeriodSeconds: 0 });
    expect(await tokenStatus(first.id, second.secret)).toBe(401);
  });

  test("answers 403 to whoever would take over a client that holds more", async () => {
    const { id } = (await create({ scopes: SCOPES })).json;
    expect((await rotate(id, {}, { scopes: ["clients:admin"] })).status).toBe(403);
  });

  test("answers 400, 404, 413 and 415", async () => {
    const { id } = (await create()).json;
    expect((await rotate(id, { gracePeriodSeconds: 604_801 })).status).toBe(400);
    expect((await rotate(id, {}, {}, stranger)).status).toBe(404);
    expect((await rotate(id, { x: "x".repeat(2_000) })).status).toBe(413);
    expect((await rotate(id, {}, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });
});

describeGuards({
  listClients: "clients:admin",
  getClient: "clients:admin",
  createClient: "clients:admin",
  updateClient: "clients:admin",
  rotateClientSecret: "clients:admin",
});
