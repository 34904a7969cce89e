import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instantOrNull, tenantId, transactionId, updatedAt } from "./columns.ts";
import { products } from "./products.ts";

/** Prices with an interval of validity. None is ever deleted: together they are the history. */
export const prices = pgTable(
  "prices",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    productId: uuid().notNull(),
    currency: text().notNull(),
    listMinor: bigint({ mode: "number" }).notNull(),
    saleMinor: bigint({ mode: "number" }),
    validFrom: instantOrNull().notNull(),
    /** The first instant at which it holds no more. */
    validUntil: instantOrNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** The transaction of the last change: the price's place in the feed. */
    changedXid: transactionId().notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      name: "prices_product_fkey",
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
    // Finds the one that began last, and keeps that unambiguous. Those that never hold do not count.
    uniqueIndex("prices_start_key")
      .on(table.tenantId, table.productId, table.currency, table.validFrom)
      .where(sql`${table.validUntil} is null or ${table.validUntil} > ${table.validFrom}`),
    index("prices_feed_idx").on(table.tenantId, table.changedXid, table.id),
    index("prices_updated_idx").on(table.tenantId, table.updatedAt),
    index("prices_currency_feed_idx").on(table.tenantId, table.currency, table.changedXid, table.id),
    index("prices_product_feed_idx").on(table.tenantId, table.productId, table.changedXid, table.id),
    check("prices_interval", sql`${table.validUntil} >= ${table.validFrom}`),
    check("prices_not_negative", sql`least(${table.listMinor}, ${table.saleMinor}) >= 0`),
    check("prices_sale_not_above_list", sql`${table.saleMinor} <= ${table.listMinor}`),
  ],
);
