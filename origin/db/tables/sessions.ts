import { foreignKey, index, integer, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { createdAt, instantOrNull, tenantId } from "./columns.ts";
import { users } from "./users.ts";

/** What a login begins: the family of refresh tokens that follow from it. */
export const sessions = pgTable(
  "sessions",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    userId: uuid().notNull(),
    /** The number of the one refresh token that is good; a lower one has been used. */
    generation: integer().notNull().default(1),
    /** The `jti` of the access token that was issued last. */
    accessTokenId: uuid().notNull(),
    createdAt: createdAt(),
    expiresAt: instantOrNull().notNull(),
    /** By logout, by reuse of a refresh token, or with the account. */
    endedAt: instantOrNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      name: "sessions_user_fkey",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
    index("sessions_user_idx").on(table.tenantId, table.userId),
  ],
);
