import { boolean, index, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, createdAt, tenantId } from "./columns.ts";

/** Programs that may ask for tokens (RFC 6749 §2). */
export const apiClients = pgTable(
  "api_clients",
  {
    /** Unique across tenants: a client names itself before its tenant is known. */
    clientId: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    /**
     * SHA-256 of the secret. Secrets are 32 random bytes that we make, so there is nothing to guess
     * that a slow hash would protect, and a token request stays cheap.
     */
    secretHash: bytes().notNull(),
    scopes: text().array().notNull(),
    disabled: boolean().notNull().default(false),
    createdAt: createdAt(),
  },
  (table) => [index("api_clients_tenant_idx").on(table.tenantId)],
);
