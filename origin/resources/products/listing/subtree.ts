import { sql } from "drizzle-orm";
import { MAX_SUBTREE } from "#shared/resources/product-query.ts";
import type { Connections } from "../../../db/client.ts";
import { prepareRead } from "../../../db/read.ts";

/**
 * Finds a category and all below it.
 * @returns their ids: none when there is no such category, and more than `MAX_SUBTREE` when there are
 */
export function prepareSubtree(connections: Connections) {
  const read = prepareRead(connections, (db, ready) =>
    db
      .select({ id: sql<string>`id`.as("id") })
      .from(
        sql`(
          with recursive below as (
            select id from categories where id = ${sql.placeholder("root")} and ${ready}
            union
            select child.id from categories as child join below on child.parent_id = below.id
          )
          select id from below
        ) as below`,
      )
      .limit(MAX_SUBTREE + 1),
  );
  return async function subtree(tenant: string, root: string): Promise<readonly string[]> {
    return (await read.execute({ tenant, root })).map(({ id }) => id);
  };
}
