import { and, inArray, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Change } from "#shared/changes.ts";
import type { Reservation } from "#shared/resources/stock-schemas.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { type Pipelined, send } from "../../db/pipeline.ts";
import { prepareStatement } from "../../db/statement.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import type { Allocation, Level } from "./allocate.ts";
import { reservationColumns } from "./columns.ts";
import { lockLevels, type Move, moveStock } from "./move.ts";

/** For whom stock is set aside, and until when: an order says that itself. */
type Holder = { readonly orderId: string | null; readonly expiresAt: string | null };

/**
 * Sets stock aside.
 * @param levels all of the products', as `lockLevels` answered them
 * @param allocations what they have
 * @returns what is held, which is sent for but not waited for
 */
export async function hold(
  tx: Pipelined,
  tenantId: string,
  levels: readonly Level[],
  allocations: readonly Allocation[],
  holder: Holder,
  changes: Change[],
): Promise<{ readonly held: Promise<Reservation[]> }> {
  const rows = allocations.map((one) => ({ id: uuidv7(), ...one, ...holder }));
  const held = insert(tx, { tenant: tenantId, rows: JSON.stringify(rows) });
  send(tx, held);
  const moves = rows.map(
    ({ id, productId, location, quantity }): Move => ({
      productId,
      location,
      cause: "reserved",
      onHandChange: 0,
      reservedChange: quantity,
      reservationId: id,
      orderId: holder.orderId,
    }),
  );
  await moveStock(tx, levels, moves, changes);
  for (const { id } of rows) changes.push({ collection: "reservations", itemId: id });
  return { held };
}

const insert = prepareStatement(
  reservationColumns,
  sql`
    insert into stock_reservations (tenant_id, id, product_id, location, quantity, state, order_id, expires_at)
    select ${sql.placeholder("tenant")}::uuid, id, "productId", location, quantity, 'active', "orderId", "expiresAt"
    from json_to_recordset(${sql.placeholder("rows")}::json) as held (
      id uuid, "productId" uuid, location text, quantity int, "orderId" uuid, "expiresAt" timestamptz)
    returning ${sql.join(Object.values(reservationColumns), sql`, `)}`,
);

export type Held = Pick<Reservation, "id" | "productId" | "location" | "quantity" | "orderId">;

/**
 * Ends reservations that are active, and locked by whoever calls (or their order is): the stock is given
 * back, or has left.
 */
export async function endHolds(
  tx: Pipelined,
  held: readonly Held[],
  end: "released" | "expired" | "fulfilled",
  changes: Change[],
): Promise<void> {
  if (held.length === 0) return;
  const levels = await lockLevels(tx, new Set(held.map(({ productId }) => productId)));
  const moves = held.map(
    ({ id, productId, location, quantity, orderId }): Move => ({
      productId,
      location,
      cause: end,
      onHandChange: end === "fulfilled" ? -quantity : 0,
      reservedChange: -quantity,
      reservationId: id,
      orderId,
    }),
  );
  await moveStock(tx, levels, moves, changes);
  const ids = held.map(({ id }) => id);
  await tx
    .update(stockReservations)
    .set({ state: end, version: sql`${stockReservations.version} + 1`, updatedAt: sql`now()` })
    .where(and(ofTenant(stockReservations), inArray(stockReservations.id, ids)));
  for (const itemId of ids) changes.push({ collection: "reservations", itemId });
}
