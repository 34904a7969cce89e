import { type SQL, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { categories } from "./categories.ts";
import { createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";

export const products = pgTable(
  "products",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    sku: text().notNull(),
    name: text().notNull(),
    /** What lists are sorted by: short enough for a cursor, and in any case. */
    nameKey: text()
      .notNull()
      .generatedAlwaysAs((): SQL => sql`lower(left(${products.name}, 64))`),
    description: text(),
    brand: text(),
    categoryId: uuid(),
    status: text({ enum: ["draft", "active", "archived"] }).notNull(),
    /** Prices in minor units of their own currency; both of a pair or none. */
    priceMinor: bigint({ mode: "number" }),
    priceCurrency: text(),
    listPriceMinor: bigint({ mode: "number" }),
    listPriceCurrency: text(),
    /** What lists filter by. While stock is kept for the product, a trigger keeps it to `stockAvailable`. */
    inStock: boolean().notNull(),
    /** Whether any stock is available; null: no stock is kept for the product. */
    stockAvailable: boolean(),
    attributes: jsonb().$type<Record<string, string>>().notNull(),
    imageUrl: text(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** A tombstone: the product is gone, but deleting it again is recognised as a repetition. */
    deletedAt: instantOrNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      name: "products_category_fkey",
      columns: [table.tenantId, table.categoryId],
      foreignColumns: [categories.tenantId, categories.id],
    }),
    uniqueIndex("products_sku_key").on(table.tenantId, table.sku).where(live(table)),
    index("products_category_idx").on(table.tenantId, table.categoryId),
    // What lists are read from (`resources/products/listing`): for each sort one index over all products
    // and one over those of a category. Status and stock come before the sort key, for they have few
    // values: a list that does not ask for one of them reads each in turn.
    index("products_by_id").on(table.tenantId, table.status, table.inStock, table.id).where(live(table)),
    index("products_by_name")
      .on(table.tenantId, table.status, table.inStock, table.nameKey, table.id)
      .where(live(table)),
    index("products_by_price")
      .on(table.tenantId, table.priceCurrency, table.status, table.inStock, table.priceMinor, table.id)
      .where(live(table)),
    index("products_of_category_by_id")
      .on(table.tenantId, table.categoryId, table.status, table.inStock, table.id)
      .where(live(table)),
    index("products_of_category_by_name")
      .on(table.tenantId, table.categoryId, table.status, table.inStock, table.nameKey, table.id)
      .where(live(table)),
    index("products_of_category_by_price")
      .on(
        table.tenantId,
        table.categoryId,
        table.priceCurrency,
        table.status,
        table.inStock,
        table.priceMinor,
        table.id,
      )
      .where(live(table)),
    check("products_price_pair", sql`(${table.priceMinor} is null) = (${table.priceCurrency} is null)`),
    check(
      "products_list_price_pair",
      sql`(${table.listPriceMinor} is null) = (${table.listPriceCurrency} is null)`,
    ),
    check("products_price_not_negative", sql`least(${table.priceMinor}, ${table.listPriceMinor}) >= 0`),
  ],
);

function live({ deletedAt }: { readonly deletedAt: AnyPgColumn }): SQL {
  return sql`${deletedAt} is null`;
}
