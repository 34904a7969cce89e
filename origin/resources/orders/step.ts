import { and, eq, sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import type { Order, OrderLine, OrderSummary } from "#shared/resources/order-schemas.ts";
import type { Transaction } from "../../db/client.ts";
import { recordEvents } from "../../db/events.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { type Pipelined, send } from "../../db/pipeline.ts";
import { orderLines, orders } from "../../db/tables/orders.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import { reservationColumns } from "../stock/columns.ts";
import { endHolds } from "../stock/hold.ts";
import { lineColumns, orderColumns } from "./columns.ts";
import { type Step, transition } from "./states.ts";

/**
 * Takes a step of an order that is locked, and does with its stock what goes with it.
 * @returns the order as it is then; null when the step cannot be taken from where it is
 */
export async function takeStep(
  tx: Pipelined,
  tenantId: string,
  order: Pick<OrderSummary, "id" | "state" | "expiresAt">,
  step: Step,
  now: number,
  changes: Change[],
): Promise<Order | null> {
  const due = order.expiresAt !== null && Date.parse(order.expiresAt) <= now;
  const taken = transition(order.state, step, due);
  if (taken === null) return null;
  const updating = tx
    .update(orders)
    .set({ state: taken.to, expiresAt: null, version: sql`${orders.version} + 1`, updatedAt: sql`now()` })
    .where(and(ofTenant(orders), eq(orders.id, order.id)))
    .returning(orderColumns);
  const [[changed], lines] = await Promise.all([updating, linesOf(tx, order.id)]);
  if (changed === undefined) throw new Error("the update returned no row");
  const after = { ...changed, lines };
  send(tx, recordEvents(tx, tenantId, [{ type: `order.${taken.to}`, data: after }]));
  if (taken.stock !== "kept") await endHolds(tx, await activeHolds(tx, order.id), taken.stock, changes);
  changes.push({ collection: "orders", itemId: order.id });
  return after;
}

function linesOf(tx: Transaction, orderId: string): Promise<OrderLine[]> {
  return tx
    .select(lineColumns)
    .from(orderLines)
    .where(eq(orderLines.orderId, orderId))
    .orderBy(orderLines.line)
    .execute();
}

function activeHolds(tx: Transaction, orderId: string) {
  return tx
    .select(reservationColumns)
    .from(stockReservations)
    .where(
      and(
        ofTenant(stockReservations),
        eq(stockReservations.orderId, orderId),
        eq(stockReservations.state, "active"),
      ),
    )
    .for("update");
}
