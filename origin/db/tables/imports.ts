import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";

/** What became of lines: `received` = `created` + `updated` + `failed`. */
const counts = () => ({
  received: integer().notNull().default(0),
  created: integer().notNull().default(0),
  updated: integer().notNull().default(0),
  failed: integer().notNull().default(0),
});

/** Imports of products, each of one or more parts. */
export const imports = pgTable(
  "imports",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    state: text({ enum: ["open", "completed"] })
      .notNull()
      .default("open"),
    name: text(),
    totalLines: integer(),
    ...counts(),
    /** Of the errors that were found, how many are kept. */
    errorsKept: integer().notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    completedAt: instantOrNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // For the sweep; of this kind, because it does not slow down the updates that every batch makes.
    index("imports_updated_at_idx").using("brin", table.updatedAt),
    check("imports_completed_at", sql`(${table.state} = 'completed') = (${table.completedAt} is not null)`),
    check("imports_counts", sql`${table.received} = ${table.created} + ${table.updated} + ${table.failed}`),
  ],
);

/** How far each part is: its place moves on in the transaction that stores what stands before it. */
export const importParts = pgTable(
  "import_parts",
  {
    tenantId: tenantId(),
    importId: uuid().notNull(),
    number: integer().notNull(),
    /** The number of the last line that has been dealt with. */
    lines: integer().notNull().default(0),
    ...counts(),
    /** SHA-256 of the lines up to there, by which a part is recognised when it is sent again. */
    digest: bytes(),
    complete: boolean().notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.importId, table.number] }),
    foreignKey({
      name: "import_parts_import_fkey",
      columns: [table.tenantId, table.importId],
      foreignColumns: [imports.tenantId, imports.id],
    }).onDelete("cascade"),
  ],
);

/** The first lines that were refused, and why. */
export const importErrors = pgTable(
  "import_errors",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    importId: uuid().notNull(),
    part: integer().notNull(),
    line: integer().notNull(),
    pointer: text().notNull(),
    rule: text().notNull(),
    detail: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index("import_errors_import_idx").on(table.tenantId, table.importId, table.id),
    foreignKey({
      name: "import_errors_import_fkey",
      columns: [table.tenantId, table.importId],
      foreignColumns: [imports.tenantId, imports.id],
    }).onDelete("cascade"),
  ],
);
