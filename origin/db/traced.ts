import type { DatabaseSpan, WorkTrace } from "../tracing/tracing.ts";
import type { Transaction } from "./client.ts";
import { databaseErrorOf } from "./errors.ts";

/** Runs an operation as a span of the request's trace. */
export async function inSpan<R>(trace: WorkTrace, operation: (span: DatabaseSpan) => Promise<R>): Promise<R> {
  const span = trace.database();
  let failure: ReturnType<typeof databaseErrorOf> = null;
  try {
    return await operation(span);
  } catch (error) {
    failure = databaseErrorOf(error);
    throw error;
  } finally {
    span.end(failure);
  }
}

/** What drizzle's session asks of the driver. */
type Client = { unsafe(text: string, parameters: unknown, options: object): unknown };

/**
 * Has each statement of a transaction sent as the span marks it. Its text is no other's, so it is not prepared: the
 * driver and Postgres would keep it for as long as the connection lives.
 */
export function marked(tx: Transaction, span: DatabaseSpan): Transaction {
  const session = tx._.session as typeof tx._.session & { client: Client };
  const { client } = session;
  session.client = {
    unsafe: (text, parameters, options) =>
      client.unsafe(span.mark(text), parameters, { ...options, prepare: false }),
  };
  return tx;
}
