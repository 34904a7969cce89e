import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { headers as names } from "#shared/headers.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

let send: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

function create(key: string, body: unknown, clientId = "tester") {
  return send("/v1/products", { method: "POST", body, clientId, headers: { "idempotency-key": key } });
}

const product = () => ({ sku: randomUUID(), name: "Once" });

async function countOf(sku: string): Promise<unknown> {
  const rows =
    await owner()`select count(*)::int as n from products where tenant_id = ${tenantId} and sku = ${sku}`;
  return rows[0]?.["n"];
}

describe("a repetition with the same Idempotency-Key", () => {
  test("takes effect once and gets the same answer again", async () => {
    const body = product();
    const first = await create('"key-1"', body);
    const again = await create('"key-1"', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    for (const name of ["etag", "location"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await countOf(body.sku)).toBe(1);
  });

  test("tells the edge what the first one changed, which would else take nothing of the tenant's for unchanged", async () => {
    const body = product();
    const first = await create("key-told", body);
    const again = await create("key-told", body);
    expect(first.headers.get(names.changed)).toBe(`products/${first.json.id}`);
    expect(again.headers.get(names.changed)).toBe(first.headers.get(names.changed));
  });

  test("is the same with or without quotation marks, and however the JSON is spelt", async () => {
    const { sku, name } = product();
    const first = await create('"key-2"', { sku, name });
    const again = await create("key-2", ` { "name": ${JSON.stringify(name)}, "sku": "${sku}" } `);
    expect(again.text).toBe(first.text);
  });

  test("is refused with 422 when it is another request", async () => {
    await create("key-3", product());
    const other = await create("key-3", product());
    expect(other).toMatchObject({ status: 422, json: { code: "idempotency-key-reused" } });
    const elsewhere = await send("/v1/categories", {
      method: "POST",
      body: { name: "x" },
      headers: { "idempotency-key": "key-3" },
    });
    expect(elsewhere.status).toBe(422);
  });

  test("is refused with 422 when another subject of the same client sends it, who must not get the answer", async () => {
    const body = product();
    await create("key-10", body);
    const other = await send("/v1/products", {
      method: "POST",
      body,
      headers: { "idempotency-key": "key-10" },
      claims: { subject: "somebody else" },
    });
    expect(other).toMatchObject({ status: 422, json: { code: "idempotency-key-reused" } });
  });

  test("is another's own matter when another client or tenant sends it", async () => {
    const body = product();
    await create("key-4", body);
    expect((await create("key-4", product(), "someone else")).status).toBe(201);
    const stranger = originClient((await newTenant()).id);
    const headers = { "idempotency-key": "key-4" };
    const theirs = await stranger("/v1/products", { method: "POST", body, headers });
    expect([theirs.status, theirs.headers.get("idempotency-replayed")]).toEqual([201, null]);
  });

  test("gets a refusal again, though it would not be refused any more", async () => {
    const body = product();
    const blocker = await send("/v1/products", { method: "POST", body });
    const refused = await create("key-5", body);
    expect(refused.status).toBe(409);
    await send(`/v1/products/${blocker.json.id}`, { method: "DELETE" });
    const again = await create("key-5", body);
    expect(again.status).toBe(409);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect({ ...again.json, requestId: "" }).toEqual({ ...refused.json, requestId: "" });
  });

  test("is answered 409 at once while the first one runs", async () => {
    const body = product();
    const lockName = [tenantId, "tester", "key-6"].join("\n");
    await owner().begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtextextended(${lockName}, 0))`;
      const { status, json, headers } = await create("key-6", body);
      expect([status, json.code, headers.get("retry-after")]).toEqual([409, "idempotency-in-progress", "1"]);
    });
    expect((await create("key-6", body)).status).toBe(201);
  });

  test("counts once among many at the same time", async () => {
    const body = product();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create("key-7", body)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
    expect(await countOf(body.sku)).toBe(1);
  });

  test("is forgotten after 24 hours", async () => {
    const body = product();
    await create("key-8", body);
    const [kept] = await owner()`select (expires_at - created_at)::text as time from idempotency_keys
      where tenant_id = ${tenantId} and key = 'key-8'`;
    expect(kept).toEqual({ time: "1 day" });
    await owner()`update idempotency_keys set expires_at = now() - interval '1 second'
      where tenant_id = ${tenantId} and key = 'key-8'`;
    expect((await create("key-8", body)).status).toBe(409);
    expect((await create("key-8", product())).status).toBe(422);
  });
});

test("an Idempotency-Key that is no structured string is refused with 400", async () => {
  for (const key of ['"unfinished', "a b", '""', "x".repeat(256)]) {
    const { status, json } = await create(key, product());
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ in: "header", pointer: "/idempotency-key" });
  }
});

test("a failure of ours is answered 504 and not stored, so that the same key works afterwards", async () => {
  const body = product();
  await owner().begin(async (tx) => {
    // The create waits for this row, which is not committed, until Postgres's lock_timeout.
    await tx`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
      values (${tenantId}, ${randomUUID()}, ${body.sku}, 'In the way', 'active', true, '{}')`;
    const { status, json } = await create("key-9", body);
    expect([status, json.code]).toEqual([504, "deadline-exceeded"]);
    await tx`delete from products where tenant_id = ${tenantId} and sku = ${body.sku}`;
  });
  const again = await create("key-9", body);
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, null]);
});
