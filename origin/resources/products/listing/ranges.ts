import { and, asc, desc, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { products } from "../../../db/tables/products.ts";
import { isDescending, sortColumn } from "./sorts.ts";
import type { Shape } from "./statement.ts";

/**
 * A branch of a list as a range of an index: from one place of it to another. It is said in rows, and in the
 * order of the index. `status = 'draft'` would let Postgres read all products in order of their ids and leave
 * out those that are no draft, and a tenant whose products are all active has none in a million.
 */

/** What comes first in the index, and the same of the branch. */
const PREFIXES = {
  all: [
    [products.status, sql`branch.status`],
    [products.inStock, sql`branch.in_stock`],
  ],
  categories: [
    [products.categoryId, sql`branch.category_id`],
    [products.status, sql`branch.status`],
    [products.inStock, sql`branch.in_stock`],
  ],
} as const satisfies Record<string, readonly (readonly [AnyPgColumn, SQL])[]>;

type Bound = readonly (readonly [AnyPgColumn, unknown])[];

/** From where to where a branch is read: all of it, a range of prices, or what comes after a place. */
export function rangeOf(
  source: keyof typeof PREFIXES,
  { sort, conditions, isAfter }: Shape,
): SQL | undefined {
  const prefix = PREFIXES[source];
  const priced = (name: "minPrice" | "maxPrice"): Bound =>
    conditions.includes(name) ? [...prefix, [products.priceMinor, sql.placeholder(name)]] : prefix;
  const [least, most] = [row(priced("minPrice"), ">="), row(priced("maxPrice"), "<=")];
  if (!isAfter) return and(least, most);
  const after = row([...prefix, ...placeOf(sort)], isDescending(sort) ? "<" : ">");
  return isDescending(sort) ? and(least, after) : and(after, most);
}

function placeOf(sort: Shape["sort"]): Bound {
  const column = sortColumn(sort);
  const id = [products.id, sql.placeholder("afterId")] as const;
  return column === null ? [id] : [[products[column], sql.placeholder("afterKey")], id];
}

/** In the index's order, from its beginning or its end. */
export function orderOfRange(source: keyof typeof PREFIXES, sort: Shape["sort"]): SQL[] {
  const direction = isDescending(sort) ? desc : asc;
  return PREFIXES[source].map(([column]) => direction(column));
}

function row(bound: Bound, operator: "<" | "<=" | ">" | ">="): SQL {
  const columns = sql.join(
    bound.map(([column]) => column),
    sql`, `,
  );
  const values = sql.join(
    bound.map(([, value]) => sql`${value}`),
    sql`, `,
  );
  return sql`(${columns}) ${sql.raw(operator)} (${values})`;
}
