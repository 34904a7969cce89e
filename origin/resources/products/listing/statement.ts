import { and, eq, gte, isNull, lte, type SQL, sql } from "drizzle-orm";
import { MAX_COUNT, type ProductSort } from "#shared/resources/product-query.ts";
import type { Database } from "../../../db/client.ts";
import { products } from "../../../db/tables/products.ts";
import { productColumns } from "../columns.ts";
import { orderOfRange, rangeOf } from "./ranges.ts";
import { afterPlace, orderOf } from "./sorts.ts";

/** What makes one list statement different from another; the rest is placeholders. */
export type Shape = {
  readonly sort: ProductSort;
  /** Where products are looked for: everywhere, in some categories, or among some ids. */
  readonly source: "all" | "categories" | "ids";
  readonly conditions: readonly (keyof typeof CONDITIONS)[];
  /** Whether it goes on after a place. */
  readonly isAfter: boolean;
};

const CONDITIONS = {
  /** Of a list by ids. */
  among: sql`${products.categoryId} = any(${sql.placeholder("categories")}::uuid[])`,
  currency: eq(products.priceCurrency, sql.placeholder("currency")),
  minPrice: gte(products.priceMinor, sql.placeholder("minPrice")),
  maxPrice: lte(products.priceMinor, sql.placeholder("maxPrice")),
};

/**
 * The branches of a list: each is a range of one index that is already in order, so that a page costs a
 * page's worth of rows from each, wherever in the list it is. Without a filter by status there is one
 * branch for every status, and so on: at most six for a category.
 */
const BRANCHES: Readonly<Record<Shape["source"], SQL>> = {
  all: sql`(select status, in_stock from ${statuses()} as status, ${stock()} as in_stock) as branch`,
  categories: sql`(select category_id, status, in_stock
    from unnest(${sql.placeholder("categories")}::uuid[]) as category_id,
      ${statuses()} as status, ${stock()} as in_stock) as branch`,
  ids: sql`unnest(${sql.placeholder("ids")}::uuid[]) as branch(id)`,
};

function statuses(): SQL {
  return sql`unnest(${sql.placeholder("statuses")}::text[])`;
}

function stock(): SQL {
  return sql`unnest(${sql.placeholder("stock")}::boolean[])`;
}

/**
 * Whether one plan serves all pages of a shape: every branch has an index in its order. Of a category Postgres has to see
 * the values, else it reads all of it and sorts (`listing-plans.ts`).
 */
export function isShort({ source }: Shape): boolean {
  return source === "all";
}

/** One page in order, and the row after it. */
export function listStatement(db: Database, ready: SQL, shape: Shape) {
  const { sort, source } = shape;
  const columns = { ...productColumns, nameKey: products.nameKey };
  const product = db
    .select(columns)
    .from(products)
    .where(and(ready, matching(shape)))
    .orderBy(...prefixOf(shape), ...orderOf(sort, products))
    .limit(sql.placeholder("limit"))
    .as("product");
  return db
    .select(product._.selectedFields)
    .from(BRANCHES[source])
    .crossJoinLateral(product)
    .orderBy(...orderOf(sort, product))
    .limit(sql.placeholder("limit"));
}

/** How many products the whole list has, counted up to `MAX_COUNT`. */
export function countStatement(db: Database, ready: SQL, shape: Shape) {
  const product = db
    .select({ id: products.id })
    .from(products)
    .where(and(ready, matching(shape)))
    .orderBy(...prefixOf(shape))
    .limit(MAX_COUNT)
    .as("product");
  return db
    .select({ total: sql<number>`least(count(*), ${sql.raw(String(MAX_COUNT))})::int`.as("total") })
    .from(BRANCHES[shape.source])
    .crossJoinLateral(product);
}

function matching(shape: Shape): SQL | undefined {
  const { source, sort, conditions, isAfter } = shape;
  if (source !== "ids") {
    const currency = conditions.includes("currency") ? CONDITIONS.currency : undefined;
    return and(rangeOf(source, shape), isNull(products.deletedAt), currency);
  }
  const given = conditions.map((name) => CONDITIONS[name]);
  const among = sql`${products.id} = branch.id
    and ${products.status} = any(${sql.placeholder("statuses")}::text[])
    and ${products.inStock} = any(${sql.placeholder("stock")}::boolean[])`;
  return and(among, isNull(products.deletedAt), ...given, isAfter ? afterPlace(sort) : undefined);
}

/** What a branch is in order of first: the same for all of it, but only so is it a range of an index. */
function prefixOf({ source, sort }: Shape): SQL[] {
  return source === "ids" ? [] : orderOfRange(source, sort);
}
