import { pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** Whoever has data here, apart from everyone else. */
export const tenants = pgTable("tenants", {
  id: uuid().primaryKey(),
  /** A short name for people and configuration, such as `demo`. */
  slug: text().notNull().unique(),
  name: text().notNull(),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
