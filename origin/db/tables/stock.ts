import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";
import { orders } from "./orders.ts";
import { products } from "./products.ts";

/** How much of a product there is at a location. The checks are the last line against overselling. */
export const stockLevels = pgTable(
  "stock_levels",
  {
    tenantId: tenantId(),
    productId: uuid().notNull(),
    location: text().notNull(),
    onHand: integer().notNull(),
    reserved: integer().notNull(),
    /** 0 only within the transaction that makes the level: its first movement makes it 1. */
    version: integer().notNull(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.productId, table.location] }),
    foreignKey({
      name: "stock_levels_product_fkey",
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
    check("stock_on_hand_bounded", sql`${table.onHand} between 0 and 1000000000`),
    check("stock_reserved_not_negative", sql`${table.reserved} >= 0`),
    check("stock_not_oversold", sql`${table.reserved} <= ${table.onHand}`),
  ],
);

/** The ledger: rows are added, and never changed or removed (the origin's role may not). */
export const stockMovements = pgTable(
  "stock_movements",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    productId: uuid().notNull(),
    location: text().notNull(),
    cause: text({
      enum: ["adjusted", "counted", "reserved", "released", "expired", "fulfilled"],
    }).notNull(),
    onHandChange: integer().notNull(),
    reservedChange: integer().notNull(),
    /** The level afterwards. */
    onHand: integer().notNull(),
    reserved: integer().notNull(),
    version: integer().notNull(),
    reason: text(),
    reservationId: uuid(),
    orderId: uuid(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // One movement for each version of a level: none is missing, none is told twice.
    unique("stock_movements_version_key").on(table.tenantId, table.productId, table.location, table.version),
    index("stock_movements_product_idx").on(table.tenantId, table.productId, table.id),
    index("stock_movements_order_idx")
      .on(table.tenantId, table.orderId, table.id)
      .where(sql`${table.orderId} is not null`),
  ],
);

/** Stock that is set aside: what is reserved of a level is the sum of its active reservations. */
export const stockReservations = pgTable(
  "stock_reservations",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    productId: uuid().notNull(),
    location: text().notNull(),
    quantity: integer().notNull(),
    state: text({ enum: ["active", "released", "expired", "fulfilled"] }).notNull(),
    orderId: uuid(),
    /** Null: an order's, which itself says when. */
    expiresAt: instantOrNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      name: "stock_reservations_level_fkey",
      columns: [table.tenantId, table.productId, table.location],
      foreignColumns: [stockLevels.tenantId, stockLevels.productId, stockLevels.location],
    }),
    foreignKey({
      name: "stock_reservations_order_fkey",
      columns: [table.tenantId, table.orderId],
      foreignColumns: [orders.tenantId, orders.id],
    }),
    index("stock_reservations_order_idx").on(table.tenantId, table.orderId),
    index("stock_reservations_expiry_idx").on(table.expiresAt).where(sql`${table.state} = 'active'`),
    check("stock_reservations_quantity", sql`${table.quantity} > 0`),
  ],
);
