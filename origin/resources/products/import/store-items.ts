import { sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Transaction } from "../../../db/client.ts";
import { announce } from "../../../db/outbox.ts";
import { valuesOf } from "../columns.ts";
import { type Searchable, storeTerms } from "../search/store.ts";
import { type CategoryIds, pathKey, resolvePaths } from "./category-paths.ts";
import type { ImportItem } from "./parse-line.ts";

export type Stored = {
  readonly created: number;
  /** Also those that were the same already, and those of which a later one says all anew. */
  readonly updated: number;
};

/** Stores items, with what they are found by and what caches are to forget. */
export async function storeItems(
  tx: Transaction,
  tenantId: string,
  items: readonly ImportItem[],
): Promise<Stored> {
  if (items.length === 0) return { created: 0, updated: 0 };
  const paths = items.map(({ categoryPath }) => categoryPath);
  const { ids, created: newCategories } = await resolvePaths(tx, tenantId, paths);
  const changed = await upsert(tx, tenantId, lastOfEach(items), ids);
  await storeTerms(tx, tenantId, changed);
  await announce(tx, tenantId, [
    ...newCategories.map((itemId) => ({ collection: "categories", itemId })),
    ...changed.map(({ id }) => ({ collection: "products", itemId: id })),
  ]);
  const created = changed.filter(({ version }) => version === 1).length;
  return { created, updated: items.length - created };
}

/** One statement cannot touch a row twice: of those with one SKU the last, which says all of its product. */
function lastOfEach(items: readonly ImportItem[]): ImportItem[] {
  return [...new Map(items.map((item) => [item.values.sku, item])).values()];
}

type Changed = Searchable & { readonly version: number };

/** Answers what it made or changed; a line that says what is already so changes nothing. */
async function upsert(
  tx: Transaction,
  tenantId: string,
  items: readonly ImportItem[],
  ids: CategoryIds,
): Promise<Changed[]> {
  const rows = items.map(({ values, categoryPath }) => ({
    ...valuesOf({ ...values, categoryId: ids.get(pathKey(categoryPath)) ?? null }),
    id: uuidv7(),
  }));
  // In order of SKU, so that two imports wait for each other in one direction only.
  return tx.execute<Changed>(sql`
    insert into products (tenant_id, id, sku, ${COLUMNS})
    select ${tenantId}::uuid, id, sku, "name", "description", "brand", "categoryId", "status",
      "priceMinor", "priceCurrency", "listPriceMinor", "listPriceCurrency", "inStock", "attributes", "imageUrl"
    from json_to_recordset(${JSON.stringify(rows)}::json) as item (
      id uuid, sku text, "name" text, "description" text, "brand" text, "categoryId" uuid, "status" text,
      "priceMinor" bigint, "priceCurrency" text, "listPriceMinor" bigint, "listPriceCurrency" text,
      "inStock" boolean, "attributes" jsonb, "imageUrl" text)
    order by sku
    on conflict (tenant_id, sku) where deleted_at is null do update
    set (${COLUMNS}) = (${EXCLUDED}), version = products.version + 1, updated_at = now()
    where (${CURRENT}) is distinct from (${EXCLUDED})
    returning id, version, sku, name, brand, description`);
}

const NAMES = [
  "name",
  "description",
  "brand",
  "category_id",
  "status",
  "price_minor",
  "price_currency",
  "list_price_minor",
  "list_price_currency",
  "in_stock",
  "attributes",
  "image_url",
];
const COLUMNS = sql.raw(NAMES.join(", "));
const CURRENT = sql.raw(NAMES.map((name) => `products.${name}`).join(", "));
/** Where stock is kept, that says what is in stock (`gatehouse_products_in_stock`): a line changes nothing there. */
const IN_STOCK = "coalesce(products.stock_available, excluded.in_stock)";
const EXCLUDED = sql.raw(
  NAMES.map((name) => (name === "in_stock" ? IN_STOCK : `excluded.${name}`)).join(", "),
);
