import { index, json, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import type { StoredOutcome } from "../idempotency.ts";
import { bytes, createdAt, instantOrNull } from "./columns.ts";

/** Requests that had an `Idempotency-Key`, and what they were answered. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    // No foreign key: it would lock the tenant's row in every write, for a row that soon goes.
    tenantId: uuid().notNull(),
    clientId: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of method, target, subject and body. */
    fingerprint: bytes().notNull(),
    /** `json`, not `jsonb`: the members keep their order, so that a replay is the same text. */
    outcome: json().$type<StoredOutcome>().notNull(),
    createdAt: createdAt(),
    expiresAt: instantOrNull().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.clientId, table.key] }),
    index("idempotency_keys_expires_idx").on(table.expiresAt),
  ],
);
