import { sql } from "drizzle-orm";

/**
 * Names the cluster, the database in it, and this start of the server: none puts a database back without.
 * Transaction ids of another history cannot be compared with this one's (docs/decisions/0008-births.md).
 */
export const history = sql<string>`concat_ws('.',
  (select system_identifier from pg_control_system()),
  (select oid from pg_database where datname = current_database()),
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint)`;

/** The same, found out once a session: it reads a file of the server's, and a session has one server. */
export const historyOfSession = sql<string>`coalesce(
  nullif(current_setting('app.history', true), ''), set_config('app.history', ${history}, false))`;
