import { sql } from "drizzle-orm";
import { lookForExpired } from "../../db/sweep.ts";
import type { Sweep } from "../../sweeper.ts";

/** Removed at once. */
const BATCH = 1_000;

/** Removes events after 30 days, of which the database alone lets the sweep see any, and their deliveries. */
export const forgetWebhookEvents: Sweep = {
  name: "webhook events",
  async run({ connections }) {
    const removed = await lookForExpired(connections, (tx) =>
      tx.execute(sql`
        delete from webhook_events where (tenant_id, id) in (
          select tenant_id, id from webhook_events
          where occurred_at < now() - interval '30 days' limit ${BATCH}
        ) returning id`),
    );
    return removed.length === BATCH;
  },
};
