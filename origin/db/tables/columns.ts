import { sql } from "drizzle-orm";
import { customType, uuid } from "drizzle-orm/pg-core";
import { tenants } from "./tenants.ts";

/** Columns and types that several tables share. */

/**
 * An instant as the API writes it: RFC 3339 in UTC with three digits of milliseconds. Sessions run in
 * UTC (`client.ts`), so Postgres says `2026-01-02 03:04:05.6+00`.
 */
const instant = customType<{ data: string; driverData: string }>({
  dataType: () => "timestamp (3) with time zone",
  fromDriver: (text) => {
    const fraction = text.slice(20, -3).padEnd(3, "0");
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z`;
  },
});

/** A full transaction id (`xid8`): never wraps around, kept as decimal digits. */
export const transactionId = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });

export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** The first column of every primary key: rows of one tenant lie together and are found together. */
export const tenantId = () =>
  uuid()
    .notNull()
    .references(() => tenants.id);

export const createdAt = () => instant().notNull().default(sql`now()`);
export const updatedAt = () => instant().notNull().default(sql`now()`);
export const instantOrNull = () => instant();
