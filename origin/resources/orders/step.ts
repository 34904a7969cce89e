import { and, eq, sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import type { OrderSummary } from "#shared/resources/order-schemas.ts";
import type { Transaction } from "../../db/client.ts";
import { recordEvents } from "../../db/events.ts";
import { type Pipelined, send } from "../../db/pipeline.ts";
import { orders } from "../../db/tables/orders.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import { reservationColumns } from "../stock/columns.ts";
import { endHolds } from "../stock/hold.ts";
import { orderColumns } from "./columns.ts";
import { type Step, transition } from "./states.ts";

/**
 * Takes a step of an order that is locked, and does with its stock what goes with it.
 * @returns false when the step cannot be taken from where the order is
 */
export async function takeStep(
  tx: Pipelined,
  tenantId: string,
  order: Pick<OrderSummary, "id" | "state" | "expiresAt">,
  step: Step,
  now: number,
  changes: Change[],
): Promise<boolean> {
  const due = order.expiresAt !== null && Date.parse(order.expiresAt) <= now;
  const taken = transition(order.state, step, due);
  if (taken === null) return false;
  const [after] = await tx
    .update(orders)
    .set({ state: taken.to, expiresAt: null, version: sql`${orders.version} + 1`, updatedAt: sql`now()` })
    .where(eq(orders.id, order.id))
    .returning(orderColumns);
  if (after === undefined) throw new Error("the update returned no row");
  send(tx, recordEvents(tx, tenantId, [{ type: `order.${taken.to}`, data: after }]));
  if (taken.stock !== "kept") await endHolds(tx, await activeHolds(tx, order.id), taken.stock, changes);
  changes.push({ collection: "orders", itemId: order.id });
  return true;
}

function activeHolds(tx: Transaction, orderId: string) {
  return tx
    .select(reservationColumns)
    .from(stockReservations)
    .where(and(eq(stockReservations.orderId, orderId), eq(stockReservations.state, "active")))
    .for("update");
}
