import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { expect, test } from "vitest";
import { connect } from "#origin/db/client.ts";
import { sweep } from "#origin/relay/store.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

const PATCH = { "content-type": "application/merge-patch+json", "if-match": "*" };

type Entry = Readonly<Record<string, unknown>>;

async function start() {
  const tenantId = (await newTenant()).id;
  const send = originClient(tenantId);
  return { tenantId, send, entries: (query = "") => entriesOf(send, query) };
}

async function entriesOf(send: Send, query: string): Promise<Entry[]> {
  const { status, json } = await send(`/v1/audit-log${query}`, { scopes: ["audit:admin"] });
  expect(status).toBe(200);
  return json.data;
}

test("a created, changed and deleted product leaves who did it, in which request, and what is different", async () => {
  const { send, entries } = await start();
  const as = (clientId: string, requestId: string, headers = {}) => ({
    clientId,
    headers: { ...headers, "x-request-id": requestId },
  });
  const body = { sku: "A", name: "Lamp", price: { amountMinor: 100, currency: "EUR" } };
  const { json } = await send("/v1/products", { method: "POST", body, ...as("ann", "request-1") });
  const path = `/v1/products/${json.id}`;
  const patch = JSON.stringify({ name: "Desk lamp" });
  await send(path, {
    method: "PATCH",
    headers: { ...PATCH, "x-request-id": "request-2" },
    body: patch,
    clientId: "bob",
  });
  await send(path, { method: "DELETE", ...as("cy", "request-3") });

  const [deleted, updated, created] = await entries(`?itemId=${json.id}`);
  expect(created).toMatchObject({
    collection: "products",
    itemId: json.id,
    action: "create",
    requestId: "request-1",
    subject: "ann",
    clientId: "ann",
    before: null,
    after: { sku: "A", name: "Lamp", price_minor: 100 },
  });
  expect(updated).toMatchObject({
    action: "update",
    requestId: "request-2",
    subject: "bob",
    before: { name: "Lamp", version: 1 },
    after: { name: "Desk lamp", version: 2 },
  });
  expect(deleted).toMatchObject({ action: "delete", requestId: "request-3", subject: "cy" });
});

test("a refused write leaves nothing, and a repetition nothing more", async () => {
  const { send, entries } = await start();
  const once = { method: "POST", headers: { "idempotency-key": "k" }, body: { sku: "A", name: "x" } };
  await send("/v1/products", once);
  await send("/v1/products", once);
  await send("/v1/products", { method: "POST", body: { sku: "A", name: "taken" } });
  expect(await entries()).toHaveLength(1);
});

test("every line of an import is told, with whose import it was", async () => {
  const { send, entries } = await start();
  const lines = ["a", "b"].map((sku) => JSON.stringify({ sku, name: sku, category: ["Home"] })).join("\n");
  const type = { "content-type": "application/x-ndjson" };
  await send("/v1/products/import", { method: "POST", headers: type, body: lines, clientId: "importer" });
  const told = (await entries()).map(({ collection, action, clientId }) => [collection, action, clientId]);
  expect(told).toHaveLength(3);
  expect(told).toEqual(
    expect.arrayContaining([
      ["products", "create", "importer"],
      ["categories", "create", "importer"],
    ]),
  );
});

test("entries come newest first, page by page, by item and by subject, to their own tenant only", async () => {
  const { send, entries } = await start();
  for (const name of ["one", "two", "three"]) {
    await send("/v1/categories", { method: "POST", body: { name }, clientId: name });
  }
  const nameOf = ({ after }: Entry) => (after as { name: string }).name;
  expect((await entries()).map(nameOf)).toEqual(["three", "two", "one"]);
  expect((await entries("?subject=two")).map(nameOf)).toEqual(["two"]);
  const { json } = await send("/v1/audit-log?pageSize=2", { scopes: ["audit:admin"] });
  expect((await entries(`?pageSize=2&cursor=${json.meta.nextCursor}`)).map(nameOf)).toEqual(["one"]);
  expect(await (await start()).entries()).toEqual([]);
});

test("answers 400 to a cursor of another list, 401 to nobody, 403 without its scope", async () => {
  const { send } = await start();
  const scopes = ["audit:admin"];
  expect((await send("/v1/audit-log?cursor=x", { scopes })).status).toBe(400);
  expect((await send("/v1/audit-log", { claims: null })).status).toBe(401);
  expect((await send("/v1/audit-log")).status).toBe(403);
});

test("no column with a secret is ever told", async () => {
  const { send, entries } = await start();
  const body = { email: `${randomUUID()}@example.com`, role: "viewer", password: "correct horse battery" };
  const { status } = await send("/v1/users", {
    method: "POST",
    body,
    scopes: ["users:admin", ...scopesOf(contract).filter((scope) => scope.endsWith(":read"))],
  });
  expect(status).toBe(201);
  const told = JSON.stringify(await entries());
  expect(told).toContain(body.email);
  expect(told).not.toMatch(/argon2|password_hash|secret_hash/);
});

test("every table of a resource is audited", async () => {
  const missing = await owner()`
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
      and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'version' and attnum > 0)
      and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'tenant_id')
      and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'updated_at')
      and not exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'audit')`;
  expect(missing.map(({ relname }) => relname)).toEqual([]);
});

test("the application can neither write nor change nor remove an entry, in whatever tenant and task", async () => {
  const { tenantId, send, entries } = await start();
  await send("/v1/categories", { method: "POST", body: { name: "x" } });
  const app = postgres(stack().databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    for (const [statement, code] of [
      [
        `insert into audit_log (tenant_id, collection, item_id, action) values ('${tenantId}', 'x', 'x', 'create')`,
        "42501",
      ],
      ["update audit_log set subject = 'somebody'", "42501"],
    ] as const) {
      const attempt = app.begin(async (tx) => {
        await tx`select set_config('app.tenant', ${tenantId}, true)`;
        await tx.unsafe(statement);
      });
      await expect(attempt).rejects.toMatchObject({ code });
    }
    for (const task of ["", "sweep", "relay"]) {
      const gone = await app.begin(async (tx) => {
        await tx`select set_config('app.tenant', ${tenantId}, true), set_config('app.task', ${task}, true)`;
        return tx`delete from audit_log returning 1`;
      });
      expect([task, gone.length]).toEqual([task, 0]);
    }
  } finally {
    await app.end();
  }
  expect(await entries()).toHaveLength(1);
});

test("the sweep removes entries of more than 400 days, and no younger ones", async () => {
  const { tenantId, send, entries } = await start();
  for (const name of ["old", "younger"]) await send("/v1/categories", { method: "POST", body: { name } });
  const age = (name: string, days: number) => owner()`
    update audit_log set at = now() - make_interval(days => ${days})
    where tenant_id = ${tenantId} and after ->> 'name' = ${name}`;
  await age("old", 401);
  await age("younger", 399);
  const connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
  await sweep(connections);
  await connections.close(1);
  expect((await entries()).map(({ after }) => (after as { name: string }).name)).toEqual(["younger"]);
});

test("a revocation leaves who wanted it; that it ran out and was swept leaves nothing", async () => {
  const { tenantId, send, entries } = await start();
  const revoke = (clientId: string) =>
    send("/v1/revocations", {
      method: "POST",
      scopes: ["access:admin"],
      body: { kind: "client", id: "till" },
      clientId,
    });
  expect((await revoke("ann")).status).toBe(200);
  const [created] = await entries("?itemId=till");
  expect(created).toMatchObject({
    collection: "revocations",
    action: "create",
    subject: "ann",
    after: { kind: "client", id: "till" },
  });
  expect(created?.["after"]).not.toHaveProperty("xid");
  await owner()`delete from revocations where tenant_id = ${tenantId}`;
  expect(await entries("?itemId=till")).toEqual([created]);
});
