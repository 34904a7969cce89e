import { and, eq, isNull, lt, sql } from "drizzle-orm";
import { ofTenant } from "../../db/of-tenant.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import { reservationColumns } from "./columns.ts";
import { expiry } from "./expiry.ts";
import { endHolds } from "./hold.ts";

const isDue = and(
  eq(stockReservations.state, "active"),
  isNull(stockReservations.orderId),
  lt(stockReservations.expiresAt, sql`now()`),
);

/** Gives back the stock of reservations whose time is up. */
export const expireReservations = expiry({
  name: "reservations",
  find: async (tx, most) =>
    tx
      .select({ tenantId: stockReservations.tenantId, id: stockReservations.id })
      .from(stockReservations)
      .where(isDue)
      .orderBy(stockReservations.expiresAt)
      .limit(most),
  async end(tx, { id }, changes) {
    const held = await tx
      .select(reservationColumns)
      .from(stockReservations)
      .where(and(ofTenant(stockReservations), isDue, eq(stockReservations.id, id)))
      .for("update", { skipLocked: true });
    await endHolds(tx, held, "expired", changes);
  },
});
