import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { REVOCATION_KINDS } from "#shared/revocation.ts";
import { createdAt, instantOrNull, tenantId, transactionId } from "./columns.ts";

/** The collection that an outbox row names when a revocation was written. */
export const REVOCATIONS = "revocations";

/** Whose tokens are refused, until the last of them has expired by itself. */
export const revocations = pgTable(
  REVOCATIONS,
  {
    tenantId: tenantId(),
    kind: text({ enum: REVOCATION_KINDS }).notNull(),
    /** As tokens name it: `client_id`, `sub` or `jti`. Empty for the tenant as a whole. */
    id: text().notNull(),
    /** Tokens issued before are refused; null for a single token, which is refused for good. */
    revokedBefore: instantOrNull(),
    /** No token that it refuses is valid any longer. */
    expiresAt: instantOrNull().notNull(),
    /** The transaction that wrote it last, by which the relay finds what an outbox row stands for. */
    xid: transactionId().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.id] }),
    index("revocations_xid_idx").on(table.tenantId, table.xid),
    index("revocations_expires_idx").on(table.expiresAt),
    check("revocations_revoked_before", sql`(${table.revokedBefore} is null) = (${table.kind} = 'token')`),
  ],
);
