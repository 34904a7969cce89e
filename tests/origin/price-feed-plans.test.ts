import { afterAll, beforeAll, expect, test } from "vitest";
import { createCursors } from "#origin/cursor.ts";
import { type Connections, connect } from "#origin/db/client.ts";
import { priceFeed } from "#origin/resources/prices/feed.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { type Examined, explaining } from "#tests/support/plans.ts";

const PRICES = 20_000;
const SECONDS_APART = 10;
const PAGE_SIZE = 20;

let database: OwnDatabase;
let connections: Connections;
let tenantId: string;

// A long history: each transaction changed 40 prices, one price in 5,000 is in krónur.
beforeAll(async () => {
  database = await startOwnDatabase();
  tenantId = await database.newTenant();
  const { sql } = database;
  await sql`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
    values (${tenantId}, ${tenantId}, 'LAMP', 'A lamp', 'active', true, '{}')`;
  await sql`
    insert into prices (tenant_id, id, product_id, currency, list_minor, valid_from, updated_at, changed_xid)
    select ${tenantId}, gen_random_uuid(), ${tenantId}, case when n % 5000 = 0 then 'ISK' else 'EUR' end, n,
      now() + n * interval '1 second', now() - (${PRICES} - n) * ${SECONDS_APART} * interval '1 second',
      (3 + n / 40)::text::xid8
    from generate_series(1, ${PRICES}::int) as n`;
  await sql`vacuum analyze prices`;
  connections = connect({ url: database.url, poolSize: 1, applicationName: "test" });
}, 60_000);

afterAll(async () => {
  await connections.close(1);
  await database.drop();
});

async function examined(query: { currency?: string; updatedSince?: string; cursor?: string }) {
  const seen: Examined[] = [];
  const feed = priceFeed({
    connections: explaining(connections, (one) => seen.push(one)),
    cursors: createCursors([`development-${"0".repeat(32)}`]),
  });
  const { body } = await feed.listPrices({
    caller: { tenantId, subject: null, clientId: null, scopes: [] },
    requestId: "test",
    target: "GET /v1/prices",
    idempotencyKey: null,
    params: {},
    query: { pageSize: PAGE_SIZE, ...query },
    headers: {},
    body: undefined,
  });
  const rows = seen.reduce((sum, one) => sum + one.rows, 0);
  return { found: body.data.map(({ listMinor }) => listMinor), ...body.meta, rows };
}

test("the prices of a rare currency are found without reading those of all others", async () => {
  const { found, rows } = await examined({ currency: "ISK" });
  expect(found.sort((a, b) => a - b)).toEqual([5_000, 10_000, 15_000, 20_000]);
  expect(rows).toBeLessThanOrEqual(10 * PAGE_SIZE);
});

test("what changed since yesterday is found without reading what changed before", async () => {
  const updatedSince = new Date(Date.now() - 86_400_000).toISOString();
  const first = await examined({ updatedSince });
  const second = await examined({ updatedSince, cursor: first.nextCursor });
  expect(new Set([...first.found, ...second.found]).size).toBe(2 * PAGE_SIZE);
  expect(first.rows).toBeLessThanOrEqual(10 * PAGE_SIZE);
  expect(second.rows).toBeLessThanOrEqual(10 * PAGE_SIZE);
});

test("what changed since an instant is all that did, and the overlap before it", async () => {
  const updatedSince = new Date(Date.now() - 95_000).toISOString();
  const { found, hasMore } = await examined({ updatedSince });
  expect(hasMore).toBe(false);
  expect(Math.min(...found)).toBeGreaterThan(PRICES - 40);
  for (let n = PRICES - 9; n <= PRICES; n++) expect(found).toContain(n);
});
