import { randomUUID } from "node:crypto";
import { expect, vi } from "vitest";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import type { Answer } from "#tests/support/origin.ts";
import { type OriginApp, startOriginApp } from "#tests/support/origin-app.ts";
import { loadOriginAppProcess, type OriginAppProcess } from "#tests/support/origin-app-process.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { stack } from "#tests/support/stack.ts";

/**
 * An order is placed while the connection between origin and Postgres is lost, or the origin dies, at one
 * message after the other; then it is placed again with the same key until it is answered.
 */

export type OrderRig = {
  readonly database: OwnDatabase;
  readonly postgres: FaultProxy;
  readonly app: OriginApp;
  readonly tenantId: string;
  /** Through the proxy. */
  readonly shop: Shop;
  readonly products: readonly [string, string];
  readonly stop: () => Promise<void>;
};

/** One connection, so that messages come in one order. */
const POOL_SIZE = 1;
const STOCK = 100_000;

export async function startOrderRig(): Promise<OrderRig> {
  const database = await startOwnDatabase();
  const { hostname, port } = new URL(database.url);
  const postgres = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  const app = await startOriginApp(variablesOf({ database, postgres }), POOL_SIZE);
  const tenantId = await database.newTenant();
  // Nobody sends: it is counted what would be.
  await database.sql`
    insert into webhooks (tenant_id, id, url, event_types, sealed_secret)
    values (${tenantId}, gen_random_uuid(), 'https://hooks.example.com/', '{order.placed}', '')`;
  const shop = shopOf(tenantId, app.url);
  const products = [await shop.newProduct(STOCK), await shop.newProduct(STOCK)] as const;
  return {
    database,
    postgres,
    app,
    tenantId,
    shop,
    products,
    stop: async () => {
      await app.stop();
      await postgres.stop();
      await database.drop();
    },
  };
}

const variablesOf = ({ database, postgres }: Pick<OrderRig, "database" | "postgres">) => ({
  ...stack().originVariables,
  DATABASE_URL: postgres.through(database.url),
});

/** Two products, of which one is wanted on two lines. */
const linesOf = ({ products: [one, two] }: OrderRig) =>
  [
    [two, 1],
    [one, 2],
    [two, 3],
  ] as const;

export type Place = { readonly from: "client" | "server"; readonly at: "before" | "after" };

/**
 * On a connection that has placed an order before, so that it is only about this one. (Those that are
 * killed begin with connecting.)
 * @returns whether there was a message to cut at
 */
export async function cutAt(rig: OrderRig, { from, at }: Place, nth: number): Promise<boolean> {
  const key = randomUUID();
  const before = await effects(rig);
  let wasCut = false;
  const when = (_: unknown, count: number) => {
    wasCut ||= count === nth;
    return count === nth;
  };
  await rig.postgres.set({ kind: "cut", from, at, when });
  const first = await place(rig, rig.shop, key);
  await rig.postgres.set({ kind: "pass" });
  await expectOnce(rig, rig.shop, key, first, before);
  return wasCut;
}

/** Loads an origin that can be killed. */
export function loadVictim(rig: OrderRig): Promise<OriginAppProcess> {
  return loadOriginAppProcess(variablesOf(rig), POOL_SIZE);
}

/**
 * The same with an origin that dies when its `nth` message is on its way to Postgres, and lost: from the
 * first of its first connection on.
 */
export async function killAt(rig: OrderRig, victim: OriginAppProcess, nth: number): Promise<boolean> {
  const key = randomUUID();
  const before = await effects(rig);
  let killed = false;
  const when = (_: unknown, count: number) => {
    if (count !== nth) return false;
    victim.kill();
    killed = true;
    return true;
  };
  await rig.postgres.set({ kind: "cut", from: "client", at: "before", when });
  const first = await place(rig, shopOf(rig.tenantId, victim.url), key);
  victim.kill();
  await victim.ended;
  await rig.postgres.set({ kind: "pass" });
  await expectOnce(rig, rig.shop, key, first, before);
  return killed;
}

/** @returns null when there was no answer */
function place(rig: OrderRig, shop: Shop, key: string): Promise<Answer | null> {
  return shop.order(linesOf(rig), { reference: key }, key).catch(() => null);
}

async function expectOnce(
  rig: OrderRig,
  shop: Shop,
  key: string,
  first: Answer | null,
  before: Effects,
): Promise<void> {
  if (first !== null && first.status !== 201) expect(first.status).toBeGreaterThanOrEqual(500);
  const answer = await vi.waitFor(
    async () => {
      const again = await place(rig, shop, key);
      // 409 while Postgres has not noticed yet that the first one is gone.
      expect([again?.status, again?.json?.code]).toEqual([201, undefined]);
      return again;
    },
    { timeout: 10_000, interval: 20 },
  );
  if (first?.status === 201) expect(answer?.text).toBe(first.text);
  const replayed = await place(rig, shop, key);
  expect([replayed?.text, replayed?.headers.get("idempotency-replayed")]).toEqual([answer?.text, "true"]);

  const after = await effects(rig);
  expect(after).toEqual({
    orders: before.orders + 1,
    lines: before.lines + 3,
    reservations: before.reservations + 2,
    movements: before.movements + 2,
    keys: before.keys + 1,
    reserved: before.reserved + 6,
    announced: before.announced + 5,
    told: before.told + 1,
  });
  const [stored] = await rig.database.sql`select id from orders where reference = ${key}`;
  expect(stored?.["id"]).toBe(answer?.json.id);
}

type Effects = Readonly<
  Record<
    "orders" | "lines" | "reservations" | "movements" | "keys" | "reserved" | "announced" | "told",
    number
  >
>;

async function effects({ database }: OrderRig): Promise<Effects> {
  const [row] = await database.sql<Effects[]>`select
    (select count(*)::int from orders) as orders,
    (select count(*)::int from order_lines) as lines,
    (select count(*)::int from stock_reservations) as reservations,
    (select count(*)::int from stock_movements) as movements,
    (select count(*)::int from idempotency_keys) as keys,
    (select sum(reserved)::int from stock_levels) as reserved,
    (select count(*)::int from outbox) as announced,
    (select count(*)::int from webhook_deliveries join webhook_events on id = event_id) as told`;
  if (row === undefined) throw new Error("there are no effects to be read");
  return row;
}
