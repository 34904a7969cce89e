import { sql } from "drizzle-orm";
import { bigint, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instantOrNull, transactionId } from "./columns.ts";

/**
 * What changed, written by the transaction that changed it, so that the one is never without the
 * other. The relay (`origin/relay`) passes it on.
 */
export const outbox = pgTable(
  "outbox",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    // No foreign key: it would lock the tenant's row in every write, for a row that soon goes.
    tenantId: uuid().notNull(),
    collection: text().notNull(),
    itemId: uuid().notNull(),
    /** The writing transaction's place in the order that the watermark speaks of. */
    xid: transactionId().notNull().default(sql`pg_current_xact_id()`),
    createdAt: createdAt(),
    deliveredAt: instantOrNull(),
  },
  (table) => [
    index("outbox_undelivered_idx").on(table.xid, table.id).where(sql`${table.deliveredAt} is null`),
    index("outbox_delivered_idx").on(table.deliveredAt).where(sql`${table.deliveredAt} is not null`),
  ],
);
