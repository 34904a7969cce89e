import { sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import type { Transaction } from "./client.ts";
import { prepareStatement } from "./statement.ts";

/** Notes what the transaction has changed, in the transaction itself. */
export async function announce(tx: Transaction, tenantId: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await note(tx, { tenant: tenantId, changes: JSON.stringify(changes) });
}

const note = prepareStatement(
  {},
  sql`insert into outbox (tenant_id, collection, item_id)
    select ${sql.placeholder("tenant")}::uuid, collection, "itemId"
    from json_to_recordset(${sql.placeholder("changes")}::json) as change (collection text, "itemId" uuid)`,
);
