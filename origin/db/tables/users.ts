import { sql } from "drizzle-orm";
import { boolean, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ROLES } from "#shared/roles.ts";
import { createdAt, tenantId, updatedAt } from "./columns.ts";

/** People of a tenant, who log in with a password. */
export const users = pgTable(
  "users",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    /** As it was given; unique and found without regard to case. */
    email: text().notNull(),
    /** A PHC string: argon2id with its parameters (`origin/resources/access/auth/password.ts`). */
    passwordHash: text().notNull(),
    role: text({ enum: ROLES }).notNull(),
    disabled: boolean().notNull().default(false),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex("users_email_key").on(table.tenantId, sql`lower(${table.email})`),
  ],
);
