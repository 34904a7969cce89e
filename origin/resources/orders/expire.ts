import { and, eq, lt, sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import { announce } from "../../db/outbox.ts";
import { retrying } from "../../db/retry.ts";
import { lookForExpired, workThrough } from "../../db/sweep.ts";
import { orders } from "../../db/tables/orders.ts";
import { inTransaction } from "../../db/write.ts";
import type { Sweep, SweepServices } from "../../sweeper.ts";
import { orderColumns } from "./columns.ts";
import { takeStep } from "./step.ts";

/** Looked for at once. */
const BATCH = 100;

const isDue = and(eq(orders.state, "pending"), lt(orders.expiresAt, sql`now()`));

/** Ends orders that were not paid in time, each in a transaction of its own. */
export const expireOrders: Sweep = {
  name: "orders",
  async run(services) {
    const due = await lookForExpired(services.connections, (tx) =>
      tx
        .select({ tenantId: orders.tenantId, id: orders.id })
        .from(orders)
        .where(isDue)
        .orderBy(orders.expiresAt)
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
      // Another process may be at it, or its owner may be paying it.
      const [order] = await tx
        .select(orderColumns)
        .from(orders)
        .where(and(isDue, eq(orders.id, id)))
        .for("update", { skipLocked: true });
      if (order === undefined) return;
      const changes: Change[] = [];
      // Due by the database's clock.
      await takeStep(tx, tenantId, order, "expire", Number.POSITIVE_INFINITY, changes);
      await announce(tx, tenantId, changes);
    }),
  );
  committed();
}
