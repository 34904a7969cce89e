import { sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { Transaction } from "../../db/client.ts";

/**
 * Keeps other moves in the tenant's tree out until the transaction ends: each of two moves may be right
 * alone, and both together a cycle.
 */
export async function lockTree(tx: Transaction, tenantId: string): Promise<void> {
  const name = `categories ${tenantId}`;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
}

/** @throws Problem `unprocessable` when `parentId` is the category itself or below it */
export async function refuseCycle(tx: Transaction, id: string, parentId: string): Promise<void> {
  const found = await tx.execute(sql`
    with recursive above as (
      select id, parent_id from categories where id = ${parentId}
      union
      select parent.id, parent.parent_id from categories as parent join above on parent.id = above.parent_id
    )
    select from above where id = ${id}`);
  if (found.length === 0) return;
  throw new Problem("unprocessable", {
    errors: [
      { in: "body", pointer: "/parentId", rule: "acyclic", detail: "is the category or one below it" },
    ],
  });
}
