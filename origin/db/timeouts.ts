/** Milliseconds after which Postgres gives up by itself, so that nothing holds a connection for ever. */
const STATEMENT_MS = 10_000;
const LOCK_MS = 5_000;
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Bounds how long one open transaction can hold back the relay's watermark. */
const TRANSACTION_MS = 20_000;
/** How often a backend looks, while it runs a statement, whether anybody is still connected. */
const CONNECTION_CHECK_MS = 1_000;
/** By which the end of a transaction comes after that of its statements: it costs the connection. */
const GRACE_MS = 1_000;

/** Within which Postgres has ended whatever it was asked: who has heard nothing by then never will. */
export const LONGEST_MS = TRANSACTION_MS + GRACE_MS;

/** For what takes Postgres no time at all: a probe, a signal. */
export const BRIEFLY_MS = 5_000;

/** Of every connection, whatever asks: the most that anything is given. */
export const ceilings = {
  statement_timeout: STATEMENT_MS,
  lock_timeout: LOCK_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  transaction_timeout: TRANSACTION_MS,
  client_connection_check_interval: CONNECTION_CHECK_MS,
};

/** What a transaction is given when so many milliseconds are left of the request's budget. */
export function timeoutsWithin(remainingMs: number): { statementMs: number; transactionMs: number } {
  // 0 would mean: no timeout.
  const statementMs = Math.max(1, Math.ceil(Math.min(remainingMs, STATEMENT_MS)));
  return { statementMs, transactionMs: Math.min(Math.ceil(remainingMs) + GRACE_MS, TRANSACTION_MS) };
}
