import { sql as query } from "drizzle-orm";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "#origin/config.ts";
import { type Connections, connect } from "#origin/db/client.ts";
import type { Write } from "#origin/db/write.ts";
import { createHandlers, type Handlers } from "#origin/handlers.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { explaining } from "#tests/support/plans.ts";
import { servicesOf } from "#tests/support/services.ts";
import { stack } from "#tests/support/stack.ts";

/**
 * One tenant's requests cost what it has itself. Tables of which sweeps and deliveries see something of all tenants
 * have policies that are joined by OR, which no index that begins with the tenant serves.
 */

const OTHERS = 500;
/** Of each kind, of all others together. */
const ROWS = 20_000;
const PAGE_SIZE = 20;

let database: OwnDatabase;
let connections: Connections;
let handlers: Handlers;
let tenantId: string;
let largeId: string;
/** By the statements of the request that came last. */
let examined = 0;

beforeAll(async () => {
  database = await startOwnDatabase();
  tenantId = await database.newTenant();
  largeId = await database.newTenant();
  const { sql } = database;
  const other = sql`('00000000-0000-7000-8000-' || lpad(to_hex(n % ${OTHERS}::int), 12, '0'))::uuid`;
  const id = sql`('00000000-0001-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  const each = sql`generate_series(1, ${ROWS}::int) as n`;
  await sql`insert into tenants (id, slug, name) select ${other}, 'other-' || n, 'x' from generate_series(1, ${OTHERS}::int) as n`;
  await sql`insert into orders (tenant_id, id, state, currency, total_minor) select ${other}, ${id}, 'paid', 'USD', 1 from ${each}`;
  await sql`insert into imports (tenant_id, id) select ${other}, ${id} from ${each}`;
  await sql`insert into webhooks (tenant_id, id, url, event_types, sealed_secret)
    select ${other}, ${id}, 'https://example.org/', '{order.placed}', '' from ${each}`;
  await sql`insert into idempotency_keys (tenant_id, client_id, key, fingerprint, outcome, expires_at)
    select ${other}, 'c', n, '', '{}', now() + interval '1 day' from ${each}`;
  await sql`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
    select ${other}, ${id}, n, 'x', 'active', true, '{}' from ${each}`;
  await sql`insert into stock_levels (tenant_id, product_id, location, on_hand, reserved, version)
    select ${other}, ${id}, 'main', 9, 0, 1 from ${each}`;
  await sql`insert into stock_reservations (tenant_id, id, product_id, location, quantity, state, order_id)
    select ${other}, ${id}, ${id}, 'main', 1, 'active', ${id} from ${each}`;
  await sql`insert into audit_log (tenant_id, collection, item_id, action, at)
    select ${other}, 'orders', n, 'create', now() - interval '60 days' from ${each}`;
  const own = sql`${largeId}::uuid, ('00000000-0002-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  await sql`insert into orders (tenant_id, id, state, currency, total_minor) select ${own}, 'paid', 'USD', 1 from ${each}`;
  await sql`insert into imports (tenant_id, id) select ${own} from ${each}`;
  await sql`insert into audit_log (tenant_id, collection, item_id, action)
    select ${largeId}, 'orders', n, 'create' from ${each}`;
  await sql`vacuum analyze`;

  connections = connect({ url: database.url, poolSize: 2, applicationName: "test" });
  const explained = explaining(connections, ({ rows }) => {
    examined += rows;
  });
  const services = servicesOf(readConfig(stack().originVariables), explained, new Registry());
  const write: Write = (call, effect) =>
    services.write(call, async (tx, changes) => {
      const reply = await effect(tx, changes);
      const [read] = await tx.execute<{ rows: number }>(query`
        select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_xact_user_tables`);
      examined += read?.rows ?? 0;
      return reply;
    });
  handlers = createHandlers({ ...services, write });
}, 120_000);

afterAll(async () => {
  await connections.close(1);
  await database.drop();
});

function call(idempotencyKey: string | null = null, tenant = tenantId) {
  examined = 0;
  return {
    caller: { tenantId: tenant, subject: null, clientId: "c", scopes: [] },
    requestId: "test",
    target: "POST /",
    idempotencyKey,
    params: {},
    query: { pageSize: PAGE_SIZE },
    headers: {},
    body: undefined,
  };
}

const few = 10 * PAGE_SIZE;

test("an order costs no look at the orders, keys, webhooks and reservations of others, nor do its steps and lists", async () => {
  const product = { sku: "a", name: "A lamp", price: { amountMinor: 1, currency: "USD" } } as const;
  const { body: made } = await handlers.createProduct({ ...call(), body: product });
  const params = { productId: made.id, location: "main" };
  await handlers.adjustStock({ ...call(), params, body: { change: 9, reason: "test" } });

  const lines = [{ productId: made.id, quantity: 1 }];
  const { body: order } = await handlers.createOrder({ ...call("1"), body: { currency: "USD", lines } });
  expect(examined).toBeLessThanOrEqual(few);

  const step = { params: { orderId: order.id }, headers: { "if-match": "*" } };
  for (const take of ["payOrder", "fulfilOrder"] as const) {
    await handlers[take]({ ...call(take), ...step });
    expect([take, examined]).toEqual([take, Math.min(examined, few)]);
  }
  await handlers.getOrder({ ...call(), params: { orderId: order.id } });
  expect(examined).toBeLessThanOrEqual(few);
  for (const state of ["fulfilled", "paid", undefined] as const) {
    const listed = call();
    await handlers.listOrders({ ...listed, query: { ...listed.query, ...(state && { state }) } });
    expect([state, examined]).toEqual([state, Math.min(examined, few)]);
  }
});

test("a reservation, an import, a webhook and the audit log cost no look at those of others", async () => {
  const { body: made } = await handlers.createProduct({ ...call(), body: { sku: "b", name: "A chair" } });
  const params = { productId: made.id, location: "main" };
  await handlers.adjustStock({ ...call(), params, body: { change: 9, reason: "test" } });
  const reserved = await handlers.createReservation({ ...call(), body: { productId: made.id, quantity: 1 } });
  const one = { params: { reservationId: reserved.body.id } };
  const { body: job } = await handlers.createImport({ ...call(), body: {} });
  const url = "https://127.0.0.1/";
  const { body: hook } = await handlers.createWebhook({
    ...call(),
    body: { url, eventTypes: ["order.paid"] },
  });

  const requests: Readonly<Record<string, () => Promise<unknown>>> = {
    getReservation: () => handlers.getReservation({ ...call(), ...one }),
    releaseReservation: () => handlers.releaseReservation({ ...call(), ...one }),
    getImport: () => handlers.getImport({ ...call(), params: { importId: job.id } }),
    listWebhooks: () => handlers.listWebhooks(call()),
    testWebhook: () => handlers.testWebhook({ ...call(), params: { webhookId: hook.id } }),
    listWebhookDeliveries: () =>
      handlers.listWebhookDeliveries({ ...call(), params: { webhookId: hook.id } }),
    deleteWebhook: () => handlers.deleteWebhook({ ...call(), params: { webhookId: hook.id } }),
    listAuditEntries: () => handlers.listAuditEntries(call()),
  };
  for (const [name, send] of Object.entries(requests)) {
    await send();
    expect([name, examined]).toEqual([name, Math.min(examined, few)]);
  }
});

test("a page of a tenant that has far more than others costs a page, though policies are joined by OR", async () => {
  const list = (query: object) => {
    const asked = call(null, largeId);
    return { ...asked, query: { ...asked.query, ...query } };
  };
  const lists: Readonly<
    Record<string, (query: object) => Promise<{ body: { meta: { nextCursor: string | null } } }>>
  > = {
    listOrders: (query) => handlers.listOrders(list(query)),
    listPaidOrders: (query) => handlers.listOrders(list({ state: "paid", ...query })),
    listAuditEntries: (query) => handlers.listAuditEntries(list(query)),
    listImports: (query) => handlers.listImports(list(query)),
  };
  for (const [name, ask] of Object.entries(lists)) {
    const { body } = await ask({});
    expect([name, examined]).toEqual([name, Math.min(examined, few)]);
    await ask({ cursor: body.meta.nextCursor });
    expect([name, "next", examined]).toEqual([name, "next", Math.min(examined, few)]);
  }
});
