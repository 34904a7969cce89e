import { sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import { MAX_DEPTH } from "#shared/resources/categories.ts";
import type { Transaction } from "../../db/client.ts";

/**
 * Keeps others that place categories in the tenant's tree out until the transaction ends: each of two moves may
 * be right alone, and both together a cycle, or too deep.
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
  if (found.length > 0) throw badParent("acyclic", "is the category or one below it");
}

/**
 * @param id the category that is to come below `parentId`, with all below it; null: a new one
 * @throws Problem `unprocessable` when that would be deeper than `MAX_DEPTH`
 */
export async function refuseTooDeep(tx: Transaction, id: string | null, parentId: string): Promise<void> {
  const [found] = await tx.execute<{ depth: number }>(sql`
    with recursive above as (
      select parent_id, 1 as depth from categories where id = ${parentId}
      union all
      select parent.parent_id, depth + 1 from categories as parent join above on parent.id = above.parent_id
      where depth < ${MAX_DEPTH}
    ), below as (
      select id, 1 as height from categories where id = ${id}
      union all
      select child.id, height + 1 from categories as child join below on child.parent_id = below.id
      where height < ${MAX_DEPTH}
    )
    select coalesce((select max(depth) from above), 0) + coalesce((select max(height) from below), 1) as depth`);
  if (found !== undefined && found.depth > MAX_DEPTH)
    throw badParent("depth", `is too deep in the tree, which has ${MAX_DEPTH} levels at most`);
}

function badParent(rule: string, detail: string): Problem {
  return new Problem("unprocessable", { errors: [{ in: "body", pointer: "/parentId", rule, detail }] });
}
