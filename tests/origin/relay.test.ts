import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis";
import { beforeAll, expect, test, vi } from "vitest";
import { connect } from "#origin/db/client.ts";
import { sweep } from "#origin/relay/store.ts";
import { BIRTH_FIELD, itemField, listField, versionsKey, WATERMARK_KEY } from "#shared/freshness.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

let redis: Redis;
let send: Send;
let tenantId: string;

beforeAll(async () => {
  redis = new Redis({ ...stack().redis, enableTelemetry: false });
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

type Published = { watermark: number; versions: Record<string, unknown> };

async function published(): Promise<Published> {
  const read = "return {redis.call('GET', KEYS[1]) or '0', redis.call('HGETALL', KEYS[2])}";
  const keys = [WATERMARK_KEY, versionsKey(tenantId)];
  const [watermark, flat] = await redis.eval<[], [string, (string | number)[]]>(read, keys, []);
  const names = flat.filter((_, at) => at % 2 === 0);
  const versions = Object.fromEntries(names.map((name, at) => [name, flat[at * 2 + 1]]));
  return { watermark: Number(watermark), versions };
}

/** Waits for the watermark to pass a write, as an edge does. */
function seen(xid: string | null): Promise<Published> {
  return vi.waitFor(
    async () => {
      const now = await published();
      expect(now.watermark).toBeGreaterThan(Number(xid));
      return now;
    },
    { timeout: 15_000, interval: 20 },
  );
}

test("a write gives new versions to its item and to the lists, and the watermark passes it", async () => {
  const made = await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "x" } });
  const { versions } = await seen(made.headers.get("gatehouse-consistency"));
  const item = itemField("products", made.json.id);
  expect(Object.keys(versions).sort()).toEqual([BIRTH_FIELD, item, listField("products")].sort());

  const gone = await send(`/v1/products/${made.json.id}`, { method: "DELETE" });
  const after = await seen(gone.headers.get("gatehouse-consistency"));
  expect(Number(after.versions[item])).toBeGreaterThan(Number(versions[item]));
  expect(Number(after.versions[listField("products")])).toBeGreaterThan(
    Number(versions[listField("products")]),
  );
});

test("a write is published within two seconds, and its rows are marked", async () => {
  const made = await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "x" } });
  const committedAt = performance.now();
  await seen(made.headers.get("gatehouse-consistency"));
  expect(performance.now() - committedAt).toBeLessThan(2_000);
  await vi.waitFor(async () => {
    const rows = await owner()`select from outbox where tenant_id = ${tenantId} and delivered_at is null`;
    expect(rows).toHaveLength(0);
  });
});

test("the watermark does not pass a transaction that is still open, and what it wrote is published after it", async () => {
  const itemId = randomUUID();
  let later: string | null = null;
  await owner().begin(async (tx) => {
    const [row] = await tx`insert into outbox (tenant_id, collection, item_id)
      values (${tenantId}, 'things', ${itemId}) returning xid::text`;
    const made = await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "x" } });
    later = made.headers.get("gatehouse-consistency");
    expect(Number(later)).toBeGreaterThan(Number(row?.["xid"]));
    // Its versions come, but the watermark stays below the open transaction.
    await vi.waitFor(async () => {
      const now = await published();
      expect(Object.keys(now.versions)).toContain(itemField("products", made.json.id));
      expect(now.watermark).toBeLessThanOrEqual(Number(row?.["xid"]));
    });
  });
  const { versions } = await seen(later);
  expect(Object.keys(versions)).toContain(itemField("things", itemId));
});

test("what nobody needs any more is swept away, of all tenants, and nothing else", async () => {
  const keys = ["expired", "alive"];
  for (const key of keys) {
    const body = { sku: randomUUID(), name: "x" };
    await send("/v1/products", { method: "POST", body, headers: { "idempotency-key": key } });
  }
  await owner()`update idempotency_keys set expires_at = now() - interval '1 second'
    where tenant_id = ${tenantId} and key = 'expired'`;
  const [old] = await owner()`insert into outbox (tenant_id, collection, item_id, delivered_at)
    values (${tenantId}, 'things', ${randomUUID()}, now() - interval '2 hours') returning id`;
  const [fresh] = await owner()`insert into outbox (tenant_id, collection, item_id, delivered_at)
    values (${tenantId}, 'things', ${randomUUID()}, now()) returning id`;

  const connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
  await sweep(connections).finally(() => connections.close(1));
  const left = await owner()`select key from idempotency_keys where tenant_id = ${tenantId}`;
  expect(left.map(({ key }) => key)).toEqual(["alive"]);
  const rows = await owner()`select id from outbox where id in (${old?.["id"]}, ${fresh?.["id"]})`;
  expect(rows.map(({ id }) => id)).toEqual([fresh?.["id"]]);
});
