import { beforeEach, expect, test } from "vitest";
import { connect } from "#origin/db/client.ts";
import { forgetImports } from "#origin/resources/imports/sweep.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/** What is kept of imports: in the audit log, and for how long. */

let send: Send;
let tenantId: string;
beforeEach(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

async function importOne(clientId: string): Promise<string> {
  const { json } = await send("/v1/imports", { method: "POST", body: { name: "feed" }, clientId });
  const headers = { "content-type": "application/x-ndjson" };
  const body = '{"sku":"A","name":"Lamp"}\n{"sku":"B"}\n';
  await send(`/v1/imports/${json.id}/parts/1`, { method: "POST", headers, body, clientId });
  return json.id;
}

const complete = (id: string, clientId: string) =>
  send(`/v1/imports/${id}/complete`, { method: "POST", body: { parts: 1 }, clientId });
const auditOf = async (itemId: string) =>
  (await send(`/v1/audit-log?itemId=${itemId}`, { scopes: ["audit:admin"] })).json.data;

test("who began an import and who completed it is in the audit log, once each, and no batch in between", async () => {
  const id = await importOne("ann");
  expect((await complete(id, "bob")).status).toBe(200);
  expect((await complete(id, "cy")).status).toBe(200);
  const [completed, begun, ...more] = await auditOf(id);
  expect(more).toEqual([]);
  expect(begun).toMatchObject({
    ...{ collection: "imports", action: "create", subject: "ann", before: null },
    after: { name: "feed", state: "open" },
  });
  expect(completed).toMatchObject({
    ...{ collection: "imports", action: "update", subject: "bob" },
    before: { state: "open", completed_at: null },
    after: { state: "completed" },
  });
});

test("the sweep forgets imports to which nothing happened for 30 days, completed or not, and no others", async () => {
  const [completed, open, recent] = [await importOne("ann"), await importOne("ann"), await importOne("ann")];
  await complete(completed, "ann");
  for (const [id, days] of [
    [completed, 31],
    [open, 31],
    [recent, 29],
  ] as const) {
    await owner()`update imports set updated_at = now() - make_interval(days => ${days}) where id = ${id}`;
  }
  const connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
  const services = { connections, committed: () => undefined };
  while (await forgetImports.run(services));
  await connections.close(1);

  for (const [id, status] of [
    [completed, 404],
    [open, 404],
    [recent, 200],
  ] as const) {
    expect((await send(`/v1/imports/${id}`)).status).toBe(status);
    const [left] = await owner()`select
      (select count(*)::int from import_parts where import_id = ${id}) as parts,
      (select count(*)::int from import_errors where import_id = ${id}) as errors`;
    expect(left).toEqual(status === 404 ? { parts: 0, errors: 0 } : { parts: 1, errors: 1 });
  }
  expect((await send("/v1/products?count=true")).json.meta.total).toBe(1);
  // That it is gone is no news: it was told of when it was made.
  expect((await auditOf(open)).map(({ action }: { action: string }) => action)).toEqual(["create"]);
});

test("an origin sweeps imports by itself", async () => {
  const id = await importOne("ann");
  await owner()`update imports set updated_at = now() - interval '31 days' where id = ${id}`;
  await expect.poll(async () => (await send(`/v1/imports/${id}`)).status, { timeout: 20_000 }).toBe(404);
}, 30_000);
