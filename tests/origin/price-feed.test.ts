import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Price } from "#shared/resources/price-schemas.ts";
import { type Answer, originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

let send: Send;
let stranger: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
  stranger = originClient((await newTenant()).id);
});

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

async function newProduct(): Promise<string> {
  const answer = await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "A lamp" } });
  return answer.json.id;
}

function create(productId: string, body: object = {}): Promise<Answer> {
  return send("/v1/prices", {
    method: "POST",
    body: { productId, currency: "USD", listMinor: 1_000, ...body },
  });
}

function patch(id: string, body: object) {
  const headers = { "content-type": "application/merge-patch+json", "if-match": "*" };
  return send(`/v1/prices/${id}`, { method: "PATCH", body, headers });
}

describe("listPrices", () => {
  const idsOf = ({ json }: Answer): string[] => json.data.map(({ id }: { id: string }) => id);
  /** The feed shows what no open transaction can come before, of any test. */
  const settled = (path: string, count: number) =>
    vi.waitFor(
      async () => {
        const answer = await send(path);
        expect(answer.json.data).toHaveLength(count);
        return answer;
      },
      { timeout: 20_000, interval: 50 },
    );

  test("answers 200 in order of the last change, and goes on where it was once something is new", async () => {
    const productId = await newProduct();
    const [one, two, three] = [
      await create(productId, { validFrom: inMinutes(1) }),
      await create(productId, { validFrom: inMinutes(2) }),
      await create(productId, { validFrom: inMinutes(3) }),
    ].map(({ json }) => json.id);
    await patch(one, { listMinor: 5 });
    const path = `/v1/prices?productId=${productId}`;
    const all = await settled(path, 3);
    expect(idsOf(all)).toEqual([two, three, one]);
    const first = await send(`${path}&pageSize=2`);
    expect([idsOf(first), first.json.meta.hasMore]).toEqual([[two, three], true]);
    const second = await send(`${path}&pageSize=2&cursor=${first.json.meta.nextCursor}`);
    expect([idsOf(second), second.json.meta.hasMore]).toEqual([[one], false]);
    const rest = `${path}&pageSize=2&cursor=${second.json.meta.nextCursor}`;
    const nothing = await send(rest);
    expect(nothing.json.data).toEqual([]);
    await patch(two, { listMinor: 6 });
    expect(idsOf(await settled(`${path}&cursor=${nothing.json.meta.nextCursor}`, 1))).toEqual([two]);
  });

  test("answers 200 by currency and from an instant on", async () => {
    const productId = await newProduct();
    const old = await create(productId, { validFrom: inMinutes(1) });
    await owner()`update prices set updated_at = now() - interval '1 hour' where id = ${old.json.id}`;
    const recent = await create(productId, { currency: "CLP" });
    const path = `/v1/prices?productId=${productId}`;
    await settled(path, 2);
    expect(idsOf(await send(`${path}&currency=USD`))).toEqual([old.json.id]);
    expect(idsOf(await send(`${path}&updatedSince=${inMinutes(-10)}`))).toEqual([recent.json.id]);
    expect(idsOf(await send(`${path}&updatedSince=${inMinutes(-70)}`))).toEqual([
      old.json.id,
      recent.json.id,
    ]);
  });

  test("gives a place to go on from even before there is anything", async () => {
    const fresh = originClient((await newTenant()).id);
    const { json } = await fresh("/v1/prices");
    expect(json).toMatchObject({ data: [], meta: { hasMore: false, pageSize: 20 } });
    expect((await fresh(`/v1/prices?cursor=${json.meta.nextCursor}`)).status).toBe(200);
  });

  test("answers 400 to a forged cursor, one of other filters, and an instant that no calendar has", async () => {
    const { json } = await send("/v1/prices");
    const elsewhere = `/v1/prices?currency=USD&cursor=${json.meta.nextCursor}`;
    for (const path of [
      "/v1/prices?cursor=forged",
      elsewhere,
      "/v1/prices?updatedSince=2026-02-30T00:00:00.000Z",
    ])
      expect((await send(path)).status).toBe(400);
  });

  test("loses no change, though transactions commit in another order than they began in", async () => {
    const productId = await newProduct();
    const path = `/v1/prices?productId=${productId}`;
    const { json: early } = await create(productId, { validFrom: inMinutes(1) });
    const { json: late } = await create(productId, { validFrom: inMinutes(2) });
    await settled(path, 2);
    let cursor = (await send(path)).json.meta.nextCursor;
    await owner().begin(async (tx) => {
      await tx`update prices set list_minor = 1, changed_xid = pg_current_xact_id()
        where tenant_id = ${tenantId} and id = ${early.id}`;
      // Begins later and commits earlier.
      await patch(late.id, { listMinor: 2 });
      const meanwhile = await send(`${path}&cursor=${cursor}`);
      expect(meanwhile.json.data).toEqual([]);
      cursor = meanwhile.json.meta.nextCursor;
    });
    expect(idsOf(await settled(`${path}&cursor=${cursor}`, 2))).toEqual([early.id, late.id]);
  });

  test("shows prices that came with a dump of another cluster once they have a place of this one", async () => {
    const { json: price } = await create(await newProduct(), { currency: "ISK" });
    const shown = async () => (await send("/v1/prices?currency=ISK")).json.data.map(({ id }: Price) => id);
    await owner()`update prices set changed_xid = '9000000000000' where id = ${price.id}`;
    expect(await shown()).toEqual([]);
    const [, statement = ""] = /```sql\n([^`]+)```/.exec(readFileSync("docs/prices.md", "utf8")) ?? [];
    await owner().unsafe(statement);
    await expect.poll(shown, { timeout: 20_000 }).toEqual([price.id]);
  });

  test("shows nothing of another tenant's", async () => {
    const { json } = await create(await newProduct());
    await settled(`/v1/prices?productId=${json.productId}`, 1);
    expect((await stranger(`/v1/prices?productId=${json.productId}`)).json.data).toEqual([]);
  });

  test("reads a page in its order from an index, however long the history is", async () => {
    const productId = await newProduct();
    await owner()`insert into prices (tenant_id, id, product_id, currency, list_minor, valid_from, updated_at)
      select ${tenantId}, gen_random_uuid(), ${productId}, 'JPY', n, now() + n * interval '1 second',
        now() - n * interval '1 second' from generate_series(1, 20000) as n`;
    await owner()`analyze prices`;
    const plan = await owner().begin(async (tx) => {
      await tx`set local role gatehouse_app`;
      await tx`select set_config('app.tenant', ${tenantId}, true)`;
      return tx.unsafe(`explain (format json) select id from prices
        where (changed_xid, id) > ('5'::xid8, '00000000-0000-0000-0000-000000000000'::uuid) and changed_xid < pg_snapshot_xmin(pg_current_snapshot())
        order by changed_xid, id limit 21`);
    });
    const text = JSON.stringify(plan);
    expect(text).toContain("prices_feed_idx");
    expect(text).not.toContain("Seq Scan");
    expect(text).not.toContain('"Node Type":"Sort"');
  });
});
