import { Problem } from "#shared/problems.ts";

/** What a database error says of itself, wherever in the chain of causes it stands. */
export type DatabaseError = {
  /** SQLSTATE (PostgreSQL Appendix A), or the driver's or Node's code of a broken connection. */
  readonly code: string;
  readonly constraint: string | null;
};

/** Drizzle wraps the driver's errors, so the causes are looked through as well. */
export function databaseErrorOf(error: unknown): DatabaseError | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    // A problem has a code too, but it is what a handler says, not the database.
    if (cause instanceof Problem || !("code" in cause) || typeof cause.code !== "string") continue;
    const constraint = "constraint_name" in cause ? cause.constraint_name : null;
    return { code: cause.code, constraint: typeof constraint === "string" ? constraint : null };
  }
  return null;
}

/** The name of the constraint that an error says is violated; null for any other error. */
export function violatedConstraint(error: unknown): string | null {
  const found = databaseErrorOf(error);
  return found?.code.startsWith("23") ? found.constraint : null;
}

const TIMEOUTS = new Set([
  "57014", // query_canceled: statement_timeout among others
  "55P03", // lock_not_available: lock_timeout
  "25P03", // idle_in_transaction_session_timeout
  "25P04", // transaction_timeout
]);

/** The database itself cannot be asked now, whatever the request. */
const AWAY = new Set([
  "53300", // too_many_connections
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "57P05", // idle_session_timeout
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECTION_CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Passes by itself, but says nothing of the next request. */
const UNAVAILABLE = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "25006", // read_only_sql_transaction: a standby that is not promoted yet
  "58030", // io_error
]);

/** Whether an error says that the database cannot be asked now, and nothing of what it was asked. */
export function isAway(error: unknown): boolean {
  const code = databaseErrorOf(error)?.code;
  // Class 08: connection_exception.
  return code !== undefined && (AWAY.has(code) || code.startsWith("08"));
}

/** Class 53: insufficient_resources, of which 53100 is disk_full and 53200 out_of_memory. */
function isUnavailable(code: string): boolean {
  return UNAVAILABLE.has(code) || code.startsWith("53");
}

const OUT_OF_RANGE = new Set([
  "22003", // numeric_value_out_of_range
  "22008", // datetime_field_overflow
]);

/**
 * The problem a database error is told as when no resource had a better one. Null: not expected, a
 * fault of ours.
 */
export function problemOfDatabase(error: unknown): Problem | null {
  const found = databaseErrorOf(error);
  if (found === null) return null;
  if (TIMEOUTS.has(found.code)) return new Problem("deadline-exceeded");
  if (isAway(error) || isUnavailable(found.code)) return new Problem("unavailable");
  if (found.code === "23505") return new Problem("conflict", { detail: "a unique value is taken" });
  if (found.code === "23514")
    return new Problem("conflict", { detail: "a rule of the data would be broken" });
  if (OUT_OF_RANGE.has(found.code)) {
    return new Problem("unprocessable", { detail: "a number or an instant is out of range" });
  }
  if (found.code === "23503") {
    return new Problem("unprocessable", { detail: "something the request refers to does not exist" });
  }
  return null;
}
