import { sql } from "drizzle-orm";
import { lookForExpired } from "../../db/sweep.ts";
import type { Sweep } from "../../sweeper.ts";

/** Removed at once: each may have a thousand parts and as many errors. */
const BATCH = 100;

/**
 * Removes imports to which nothing has happened for 30 days, completed or not, of which the database alone
 * lets the sweep see any, with their parts and errors. What they imported stays.
 */
export const forgetImports: Sweep = {
  name: "imports",
  async run({ connections }) {
    const removed = await lookForExpired(connections, (tx) =>
      tx.execute(sql`
        delete from imports where (tenant_id, id) in (
          select tenant_id, id from imports where updated_at < now() - interval '30 days' limit ${BATCH}
        ) returning id`),
    );
    return removed.length === BATCH;
  },
};
