import { and, eq, lt, sql } from "drizzle-orm";
import { ofTenant } from "../../db/of-tenant.ts";
import { orders } from "../../db/tables/orders.ts";
import { expiry } from "../stock/expiry.ts";
import { orderColumns } from "./columns.ts";
import { takeStep } from "./step.ts";

const isDue = and(eq(orders.state, "pending"), lt(orders.expiresAt, sql`now()`));

/** Ends orders that were not paid in time. */
export const expireOrders = expiry({
  name: "orders",
  find: async (tx, most) =>
    tx
      .select({ tenantId: orders.tenantId, id: orders.id })
      .from(orders)
      .where(isDue)
      .orderBy(orders.expiresAt)
      .limit(most),
  async end(tx, { tenantId, id }, changes) {
    const [order] = await tx
      .select(orderColumns)
      .from(orders)
      .where(and(ofTenant(orders), isDue, eq(orders.id, id)))
      .for("update", { skipLocked: true });
    // Due by the database's clock.
    if (order) await takeStep(tx, tenantId, order, "expire", Number.POSITIVE_INFINITY, changes);
  },
});
