import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis";
import { beforeAll, expect, test, vi } from "vitest";
import { itemField, listField, versionsKey, WATERMARK_KEY } from "#shared/freshness.ts";
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
    { timeout: 5_000, interval: 20 },
  );
}

test("a write gives new versions to its item and to the lists, and the watermark passes it", async () => {
  const made = await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "x" } });
  const { versions } = await seen(made.headers.get("gatehouse-consistency"));
  const item = itemField("products", made.json.id);
  expect(Object.keys(versions).sort()).toEqual([item, listField("products")].sort());

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
