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
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";

/** Ids are made of the instant of creation (UUIDv7), so that lists by date are lists by id. */
export const orders = pgTable(
  "orders",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    state: text({ enum: ["pending", "paid", "fulfilled", "cancelled", "expired"] }).notNull(),
    currency: text().notNull(),
    totalMinor: bigint({ mode: "number" }).notNull(),
    reference: text(),
    expiresAt: instantOrNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index("orders_state_idx").on(table.tenantId, table.state, table.id),
    index("orders_expiry_idx").on(table.expiresAt).where(sql`${table.state} = 'pending'`),
    check(
      "orders_expiry_while_pending",
      sql`(${table.state} = 'pending') = (${table.expiresAt} is not null)`,
    ),
    check("orders_total_not_negative", sql`${table.totalMinor} >= 0`),
  ],
);

export const orderLines = pgTable(
  "order_lines",
  {
    tenantId: tenantId(),
    orderId: uuid().notNull(),
    line: integer().notNull(),
    // No foreign key: products are never removed, and it would lock the row of a hot one for each order.
    productId: uuid().notNull(),
    sku: text().notNull(),
    name: text().notNull(),
    quantity: integer().notNull(),
    unitMinor: bigint({ mode: "number" }).notNull(),
    lineTotalMinor: bigint({ mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.orderId, table.line] }),
    foreignKey({
      name: "order_lines_order_fkey",
      columns: [table.tenantId, table.orderId],
      foreignColumns: [orders.tenantId, orders.id],
    }),
    check("order_lines_exact", sql`${table.lineTotalMinor} = ${table.unitMinor} * ${table.quantity}`),
  ],
);
