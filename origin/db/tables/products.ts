import { sql } from "drizzle-orm";
import {
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
    description: text(),
    brand: text(),
    categoryId: uuid(),
    status: text({ enum: ["draft", "active", "archived"] }).notNull(),
    /** Prices in minor units of their own currency; both of a pair or none. */
    priceMinor: bigint({ mode: "number" }),
    priceCurrency: text(),
    listPriceMinor: bigint({ mode: "number" }),
    listPriceCurrency: text(),
    inStock: boolean().notNull(),
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
    uniqueIndex("products_sku_key").on(table.tenantId, table.sku).where(sql`${table.deletedAt} is null`),
    index("products_category_idx").on(table.tenantId, table.categoryId, table.id),
    check("products_price_pair", sql`(${table.priceMinor} is null) = (${table.priceCurrency} is null)`),
    check(
      "products_list_price_pair",
      sql`(${table.listPriceMinor} is null) = (${table.listPriceCurrency} is null)`,
    ),
    check("products_price_not_negative", sql`least(${table.priceMinor}, ${table.listPriceMinor}) >= 0`),
  ],
);
