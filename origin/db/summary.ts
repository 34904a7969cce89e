import { getTableName } from "drizzle-orm";
import * as schema from "./schema.ts";

const TABLES: ReadonlySet<string> = new Set(Object.values(schema).map((table) => getTableName(table)));

/** Where a statement names a table; locking clauses (`for update of x`) name none that it does not name before. */
const NAMED = /\b(insert into|update|delete from|from|join)\s+"?([a-z_]+)"?/g;

/** Enough of a statement: what follows in a longer one is rows. */
const LOOKED_AT = 4_096;

/** What a statement does to which tables, in few words and without any value: `INSERT sessions SELECT users`. */
export function summaryOf(statement: string): string {
  const parts: string[] = [];
  let last = "";
  for (const [, verb = "", table = ""] of statement.slice(0, LOOKED_AT).toLowerCase().matchAll(NAMED)) {
    if (!TABLES.has(table)) continue;
    const action = verb === "from" || verb === "join" ? "SELECT" : (verb.split(" ")[0] ?? "").toUpperCase();
    if (action === last && parts.at(-1) === table) continue;
    if (action !== last) parts.push(action);
    parts.push(table);
    last = action;
  }
  return parts.length === 0 ? "SELECT" : parts.join(" ");
}
