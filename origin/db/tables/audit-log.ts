import { bigint, index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { createdAt, tenantId } from "./columns.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Who changed what, kept by triggers of the tables themselves (`gatehouse_audit_table`), so that no
 * write can be left out: neither an import's nor a sweep's. The application reads it and cannot change it.
 */
export const auditLog = pgTable(
  "audit_log",
  {
    tenantId: tenantId(),
    /** In order of the changes, as far as they waited for each other. */
    seq: bigint({ mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    at: createdAt(),
    /** The table's name. */
    collection: text().notNull(),
    itemId: text().notNull(),
    action: text({ enum: ["create", "update", "delete"] }).notNull(),
    /** The values that are different now, as they were; all of them when the item was deleted. */
    before: jsonb().$type<Values>(),
    after: jsonb().$type<Values>(),
    /** Null: not in the course of a request. */
    requestId: text(),
    subject: text(),
    clientId: text(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.seq] }),
    index("audit_log_item_idx").on(table.tenantId, table.itemId, table.seq),
    index("audit_log_subject_idx").on(table.tenantId, table.subject, table.seq),
    // For the sweep.
    index("audit_log_at_idx").using("brin", table.at),
  ],
);
