import { sql } from "drizzle-orm";
import { check, foreignKey, integer, pgTable, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, tenantId, updatedAt } from "./columns.ts";

export const categories = pgTable(
  "categories",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    parentId: uuid(),
    name: text().notNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      name: "categories_parent_fkey",
      columns: [table.tenantId, table.parentId],
      foreignColumns: [table.tenantId, table.id],
    }),
    // Roots have no parent, and are siblings of each other all the same.
    unique("categories_name_key").on(table.tenantId, table.parentId, table.name).nullsNotDistinct(),
    check("categories_not_own_parent", sql`${table.parentId} <> ${table.id}`),
  ],
);
