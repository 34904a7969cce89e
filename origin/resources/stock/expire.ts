import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import { announce } from "../../db/outbox.ts";
import { retrying } from "../../db/retry.ts";
import { lookForExpired, workThrough } from "../../db/sweep.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import { inTransaction } from "../../db/write.ts";
import type { Sweep, SweepServices } from "../../sweeper.ts";
import { reservationColumns } from "./columns.ts";
import { endHolds } from "./hold.ts";

/** Looked for at once. */
const BATCH = 100;

const isDue = and(
  eq(stockReservations.state, "active"),
  isNull(stockReservations.orderId),
  lt(stockReservations.expiresAt, sql`now()`),
);

/** Gives back the stock of reservations whose time is up, each in a transaction of its own. */
export const expireReservations: Sweep = {
  name: "reservations",
  async run(services) {
    const due = await lookForExpired(services.connections, (tx) =>
      tx
        .select({ tenantId: stockReservations.tenantId, id: stockReservations.id })
        .from(stockReservations)
        .where(isDue)
        .orderBy(stockReservations.expiresAt)
        .limit(BATCH),
    );
    await workThrough(due, ({ tenantId, id }) => expire(services, tenantId, id));
    return due.length === BATCH;
  },
};

async function expire(
  { connections, committed }: SweepServices,
  tenantId: string,
  id: string,
): Promise<void> {
  await retrying(() =>
    inTransaction(connections, tenantId, async (tx) => {
      // Another process may be at it, or its owner may be releasing it.
      const held = await tx
        .select(reservationColumns)
        .from(stockReservations)
        .where(and(isDue, eq(stockReservations.id, id)))
        .for("update", { skipLocked: true });
      const changes: Change[] = [];
      await endHolds(tx, held, "expired", changes);
      await announce(tx, tenantId, changes);
    }),
  );
  committed();
}
