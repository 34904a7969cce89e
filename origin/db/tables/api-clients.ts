import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { bytes, createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";

/** Programs that may ask for tokens (RFC 6749 §2). */
export const apiClients = pgTable(
  "api_clients",
  {
    /** Unique across tenants: a client names itself before its tenant is known. */
    clientId: uuid().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    /**
     * SHA-256 of the secret. Secrets are 32 random bytes that we make, so there is nothing to guess
     * that a slow hash would protect, and a token request stays cheap.
     */
    secretHash: bytes().notNull(),
    /** The secret before this one, good until then: for changing over without a failed request. */
    previousSecretHash: bytes(),
    previousSecretExpiresAt: instantOrNull(),
    scopes: text().array().notNull(),
    /** Whose quota it has at the edge (edge/limit/plans.ts); null: the default. Operators set it, tenants do not. */
    plan: text(),
    disabled: boolean().notNull().default(false),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check("api_clients_plan_name", sql`${table.plan} ~ '^[a-z0-9_-]{1,32}$'`),
    index("api_clients_tenant_idx").on(table.tenantId, table.clientId),
    check(
      "api_clients_previous_secret_pair",
      sql`(${table.previousSecretHash} is null) = (${table.previousSecretExpiresAt} is null)`,
    ),
  ],
);
