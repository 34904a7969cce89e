import { sql } from "drizzle-orm";
import { categories } from "../../../db/tables/categories.ts";
import { products } from "../../../db/tables/products.ts";

/** The names from the root to the product's category; none when it has no category. */
export const categoryPath = sql<readonly string[]>`(
  with recursive up as (
    select tenant_id, parent_id, name, 1 as height from ${categories}
    where tenant_id = ${products.tenantId} and id = ${products.categoryId}
    union all
    select parent.tenant_id, parent.parent_id, parent.name, up.height + 1
    from up join ${categories} as parent on parent.tenant_id = up.tenant_id and parent.id = up.parent_id
  )
  select coalesce(json_agg(name order by height desc), '[]') from up)`;
