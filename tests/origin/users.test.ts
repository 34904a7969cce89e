import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { scopesOfRole } from "#shared/roles.ts";
import { describeGuards } from "#tests/support/guards.ts";
import type { SignedRequest } from "#tests/support/origin.ts";
import { logIn, newOffice, newPerson, type Office, PASSWORD, post } from "#tests/support/people.ts";
import { revokedIn } from "#tests/support/revoked.ts";
import { owner } from "#tests/support/stack.ts";

const ALL = scopesOf(contract);
let office: Office;
let foreign: Office;
beforeAll(async () => {
  [office, foreign] = [await newOffice(ALL), await newOffice(ALL)];
});

const newEmail = () => `${randomUUID()}@people.example`;

function create(body: object = {}, request: SignedRequest = {}, { send } = office) {
  const fields = { email: newEmail(), role: "viewer", password: PASSWORD, ...body };
  return send("/v1/users", { method: "POST", body: fields, ...request });
}

function update(id: string, body: object, request: SignedRequest = {}, { send } = office) {
  const headers = { "content-type": "application/merge-patch+json", ...request.headers };
  return send(`/v1/users/${id}`, { method: "PATCH", body, ...request, headers });
}

function setPassword(id: string, body: object, request: SignedRequest = {}, { send } = office) {
  return send(`/v1/users/${id}/password`, { method: "PUT", body, ...request });
}

test("each role has what the one below it has, and an administrator everything", () => {
  const [viewer, editor, admin] = (["viewer", "editor", "admin"] as const).map((role) =>
    scopesOfRole(role, ALL),
  );
  expect(admin).toEqual(ALL);
  expect(editor).toEqual(expect.arrayContaining([...(viewer ?? [])]));
  expect(editor?.some((scope) => scope.endsWith(":admin"))).toBe(false);
  expect(viewer?.every((scope) => scope.endsWith(":read"))).toBe(true);
});

describe("createUser", () => {
  test("answers 201 with the user, who can log in; the password is kept as argon2id", async () => {
    const email = newEmail();
    const { status, json, headers, text } = await create({ email, role: "editor" });
    expect(status).toBe(201);
    expect(json).toMatchObject({ email, role: "editor", disabled: false, version: 1 });
    expect(headers.get("location")).toBe(`/v1/users/${json.id}`);
    expect(text).not.toMatch(/assword/);
    const [row] = await owner()`select password_hash from users where id = ${json.id}`;
    expect(row?.["password_hash"]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await logIn(office, email)).status).toBe(200);
  });

  test.each([
    ["what is no address", { email: "nobody" }, "/email"],
    ["two at signs", { email: "a@b@c.example" }, "/email"],
    ["a short password", { password: "elevenchars" }, "/password"],
    ["a role that there is none of", { role: "owner" }, "/role"],
    ["another field", { disabled: true }, "/disabled"],
  ])("answers 400 to %s", async (_what, body, pointer) => {
    const { status, json } = await create(body);
    expect(status).toBe(400);
    expect(json.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  test("answers 403 to a role that has more than the caller", async () => {
    const scopes = ["users:admin", ...scopesOfRole("editor", ALL)];
    expect((await create({ role: "editor" }, { scopes })).status).toBe(201);
    expect(await create({ role: "admin" }, { scopes })).toMatchObject({
      status: 403,
      json: { code: "insufficient-scope" },
    });
  });

  test("answers 409 to an email that is taken, in any case; another tenant may have it", async () => {
    const email = newEmail();
    expect((await create({ email })).status).toBe(201);
    expect(await create({ email: email.toUpperCase() })).toMatchObject({
      status: 409,
      json: { code: "conflict", detail: "another user has this email" },
    });
    expect((await create({ email }, {}, foreign)).status).toBe(201);
  });

  test("answers 413 beyond 4 KiB and 415 to what is not JSON", async () => {
    expect((await create({ email: "x".repeat(5_000) })).status).toBe(413);
    expect((await create({}, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });
});

describe("listUsers and getUser", () => {
  test("answer 200 with the newest first, page by page, and with one; another tenant sees nothing", async () => {
    const own = await newOffice(ALL);
    const [first, second] = [await newPerson(own), await newPerson(own)];
    const { status, json } = await own.send("/v1/users?pageSize=1");
    expect([status, json.data[0].id]).toEqual([200, second.id]);
    const rest = await own.send(`/v1/users?pageSize=1&cursor=${json.meta.nextCursor}`);
    expect([rest.json.data[0].id, rest.json.meta.nextCursor]).toEqual([first.id, null]);
    const found = await own.send(`/v1/users/${first.id}`);
    expect(found).toMatchObject({ status: 200, json: { id: first.id, email: first.email } });
    expect((await office.send(`/v1/users/${first.id}`)).status).toBe(404);
    expect((await own.send("/v1/users?cursor=abc")).status).toBe(400);
    expect((await own.send("/v1/users/12")).status).toBe(400);
  });
});

describe("updateUser", () => {
  test("answers 200 with another role; the next token has its scopes", async () => {
    const { id, email } = await newPerson(office);
    const { refreshToken } = (await logIn(office, email)).json;
    expect(await update(id, { role: "editor" })).toMatchObject({
      status: 200,
      json: { role: "editor", version: 2 },
    });
    const { json } = await post("refresh", { refreshToken });
    expect(json.scopes).toEqual(scopesOfRole("editor", ALL));
  });

  test("answers 200 when it disables: sessions end, nobody logs in, and enabling brings no session back", async () => {
    const { id, email } = await newPerson(office);
    const { refreshToken } = (await logIn(office, email)).json;
    expect(await update(id, { disabled: true })).toMatchObject({ status: 200, json: { disabled: true } });
    expect((await logIn(office, email)).status).toBe(401);
    expect((await post("refresh", { refreshToken })).status).toBe(401);
    await update(id, { disabled: false });
    expect((await post("refresh", { refreshToken })).status).toBe(401);
    expect((await logIn(office, email)).status).toBe(200);
  });

  test("answers 400, 404, 412, 413 and 415", async () => {
    const { id } = await newPerson(office);
    expect((await update(id, { email: "a@b.example" })).status).toBe(400);
    expect((await update(id, {}, {}, foreign)).status).toBe(404);
    expect((await update(id, {}, { headers: { "if-match": '"7"' } })).status).toBe(412);
    expect((await update(id, { x: "x".repeat(2_000) })).status).toBe(413);
    expect((await update(id, {}, { headers: { "content-type": "application/json" } })).status).toBe(415);
  });

  test("answers 403 to whoever would give, or give back, more than they hold", async () => {
    const { id } = await newPerson(office, "admin");
    await newPerson(office, "admin");
    const scopes = ["users:admin"];
    expect((await update(id, { role: "admin" }, { scopes })).status).toBe(403);
    expect((await update(id, { disabled: true }, { scopes })).status).toBe(200);
    expect((await update(id, { disabled: false }, { scopes })).status).toBe(403);
  });
});

test("updateUser answers 409 to whatever leaves nobody to administer the tenant, also to two at once", async () => {
  const own = await newOffice(ALL);
  const admin = async () => (await newPerson(own, "admin")).id;
  const [first, second] = [await admin(), await admin()];
  await newPerson(own, "editor");
  await newPerson(foreign, "admin");
  const both = await Promise.all([
    update(first, { role: "editor" }, {}, own),
    update(second, { disabled: true }, {}, own),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  const last = both[0].status === 409 ? first : second;
  for (const change of [{ disabled: true }, { role: "viewer" }, { role: "admin", disabled: true }]) {
    expect(await update(last, change, {}, own)).toMatchObject({ status: 409, json: { code: "conflict" } });
  }
  expect((await update(last, { role: "admin", disabled: false }, {}, own)).status).toBe(200);
  expect((await newPerson(own, "admin")).id).toBeDefined();
  expect((await update(last, { disabled: true }, {}, own)).status).toBe(200);
});

test("a user's tokens are refused with another role, another password, or when the account is disabled", async () => {
  const own = await newOffice(ALL);
  const id = async () => (await newPerson(own)).id;
  const [disabled, promoted, forgetful, kept] = [await id(), await id(), await id(), await id()];
  await update(disabled, { disabled: true }, {}, own);
  await update(promoted, { role: "editor" }, {}, own);
  await setPassword(forgetful, { password: PASSWORD }, {}, own);
  await update(kept, { role: "viewer", disabled: false }, {}, own);
  const revoked = [disabled, promoted, forgetful].map((each) => `subject ${each}`);
  expect(new Set(await revokedIn(own.tenantId))).toEqual(new Set(revoked));
});

describe("setUserPassword", () => {
  test("answers 204: the new password is good, the old one and every session are not", async () => {
    const { id, email } = await newPerson(office);
    const { refreshToken } = (await logIn(office, email)).json;
    expect((await setPassword(id, { password: "another long password" })).status).toBe(204);
    expect((await logIn(office, email)).status).toBe(401);
    expect((await logIn(office, email, "another long password")).status).toBe(200);
    expect((await post("refresh", { refreshToken })).status).toBe(401);
  });

  test("answers 400, 403, 404, 413 and 415", async () => {
    const { id } = await newPerson(office, "admin");
    const body = { password: PASSWORD };
    expect((await setPassword(id, { password: "short" })).status).toBe(400);
    expect((await setPassword(id, body, { scopes: ["users:admin"] })).status).toBe(403);
    expect((await setPassword(id, body, {}, foreign)).status).toBe(404);
    expect((await setPassword(id, { password: "x".repeat(5_000) })).status).toBe(413);
    expect((await setPassword(id, body, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });
});

describeGuards({
  listUsers: "users:admin",
  getUser: "users:admin",
  createUser: "users:admin",
  updateUser: "users:admin",
  setUserPassword: "users:admin",
});
