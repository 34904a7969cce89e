import { asc, desc, gt, lt, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { ProductSort } from "#shared/resources/product-query.ts";
import { products } from "../../../db/tables/products.ts";

/** What a list can be sorted by before the id. */
type SortKey = "nameKey" | "priceMinor";

type Sort = { readonly key: SortKey | null; readonly isDescending: boolean };

/** Ids are UUIDs of version 7 (RFC 9562 §5.7): in order of creation. */
const SORTS: Readonly<Record<ProductSort, Sort>> = {
  createdAt: { key: null, isDescending: false },
  "-createdAt": { key: null, isDescending: true },
  name: { key: "nameKey", isDescending: false },
  "-name": { key: "nameKey", isDescending: true },
  price: { key: "priceMinor", isDescending: false },
  "-price": { key: "priceMinor", isDescending: true },
};

type SortColumns = Readonly<Record<SortKey | "id", AnyPgColumn>>;

/** The ORDER BY of a sort, over products or over a subquery of them. */
export function orderOf(sort: ProductSort, columns: SortColumns): SQL[] {
  const { key, isDescending } = SORTS[sort];
  const direction = isDescending ? desc : asc;
  const byId = direction(columns.id);
  return key === null ? [byId] : [direction(columns[key]), byId];
}

/** Whatever comes after the place `afterKey`, `afterId`, among products that are in no order yet. */
export function afterPlace(sort: ProductSort): SQL {
  const { key, isDescending } = SORTS[sort];
  const id = sql.placeholder("afterId");
  if (key === null) return isDescending ? lt(products.id, id) : gt(products.id, id);
  const place = sql`(${sql.placeholder("afterKey")}, ${id})`;
  const row = sql`(${products[key]}, ${products.id})`;
  return isDescending ? sql`${row} < ${place}` : sql`${row} > ${place}`;
}

/** What it sorts by before the id; null: nothing. */
export function sortColumn(sort: ProductSort): SortKey | null {
  return SORTS[sort].key;
}

export function isDescending(sort: ProductSort): boolean {
  return SORTS[sort].isDescending;
}

/** What a cursor keeps of the last row beside its id. */
export function sortKeyOf(
  sort: ProductSort,
  row: { readonly nameKey: string; readonly priceMinor: number | null },
): string {
  const { key } = SORTS[sort];
  return key === null ? "" : String(row[key]);
}

export function isByPrice(sort: ProductSort): boolean {
  return SORTS[sort].key === "priceMinor";
}
