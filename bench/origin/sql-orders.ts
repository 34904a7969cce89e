import { randomUUID } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { TENANT } from "../contestants/token.ts";

/**
 * What an order is to Postgres, and nothing else: each connection places one after the other, a round trip
 * for each statement, as pgbench would. No tenancy, no key against repetition, nobody who asked. A process
 * of its own: takes a job by message, and answers with what it did.
 */

export type SqlOrders = {
  readonly ownerUrl: string;
  readonly connections: number;
  readonly seconds: number;
  /** Ordered in turn, one piece each. */
  readonly productIds: readonly string[];
};
export type SqlOrdersDone = { readonly ordersPerSecond: number };

const WARM_UP_MS = 500;

async function run({ ownerUrl, connections, seconds, productIds }: SqlOrders): Promise<void> {
  const sql = postgres(ownerUrl, { max: connections, onnotice: () => {} });
  const from = performance.now() + WARM_UP_MS;
  const until = from + seconds * 1000;
  let turn = 0;
  let done = 0;
  async function keepOrdering(): Promise<void> {
    while (performance.now() < until) {
      await sql.begin((tx) => order(tx as unknown as Sql, productIds[turn++ % productIds.length] ?? ""));
      if (performance.now() >= from && performance.now() < until) done++;
    }
  }
  await Promise.all(Array.from({ length: connections }, keepOrdering));
  await sql.end();
  const result: SqlOrdersDone = { ordersPerSecond: done / seconds };
  process.send?.(result);
}

async function order(tx: Sql, product: string): Promise<void> {
  const [orderId, reservationId] = [randomUUID(), randomUUID()];
  const [offer] = await tx`
    select sku, name, price_minor::int as price from products
    where tenant_id = ${TENANT} and id = ${product} and deleted_at is null`;
  const [level] = await tx`
    update stock_levels set reserved = reserved + 1, version = version + 1, updated_at = now()
    where tenant_id = ${TENANT} and product_id = ${product} and location = 'main' and on_hand > reserved
    returning on_hand, reserved, version`;
  if (offer === undefined || level === undefined) throw new Error("there is nothing to be ordered");
  await tx`
    insert into orders (tenant_id, id, state, currency, total_minor, expires_at)
    values (${TENANT}, ${orderId}, 'pending', 'EUR', ${offer["price"]}, now() + interval '15 minutes')`;
  await tx`
    insert into order_lines (tenant_id, order_id, line, product_id, sku, name, quantity, unit_minor, line_total_minor)
    values (${TENANT}, ${orderId}, 0, ${product}, ${offer["sku"]}, ${offer["name"]}, 1, ${offer["price"]}, ${offer["price"]})`;
  await tx`
    insert into stock_reservations (tenant_id, id, product_id, location, quantity, state, order_id)
    values (${TENANT}, ${reservationId}, ${product}, 'main', 1, 'active', ${orderId})`;
  await tx`
    insert into stock_movements (tenant_id, id, product_id, location, cause, on_hand_change, reserved_change,
      on_hand, reserved, version, reservation_id, order_id)
    values (${TENANT}, ${randomUUID()}, ${product}, 'main', 'reserved', 0, 1,
      ${level["on_hand"]}, ${level["reserved"]}, ${level["version"]}, ${reservationId}, ${orderId})`;
  await tx`
    insert into outbox (tenant_id, collection, item_id)
    values (${TENANT}, 'stock', ${product}), (${TENANT}, 'orders', ${orderId}),
      (${TENANT}, 'reservations', ${reservationId})`;
}

process.on("message", (job: SqlOrders) => void run(job));
