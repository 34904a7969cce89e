import type { Transaction } from "./client.ts";

/** A transaction that can be sent statements without waiting for what comes of them. */
export type Pipelined = Transaction & { readonly sent: Promise<unknown>[] };

/** @param sent where what is sent is noted */
export function pipelined(tx: Transaction, sent: Promise<unknown>[]): Pipelined {
  return Object.assign(tx, { sent });
}

/**
 * Sends a statement and goes on. What is sent last goes out together with COMMIT, so that rows for which others
 * wait are locked for a round trip less. For statements that do not fail for a reason of the caller's: should
 * one fail, Postgres undoes the transaction, whatever follows, and `inTransaction` throws why.
 */
export function send({ sent }: Pipelined, statement: PromiseLike<unknown>): void {
  // Once: a query of drizzle's runs at each `then`.
  const running = statement.then((result) => result) as Promise<unknown>;
  // It is looked at by `settled`.
  running.catch(() => undefined);
  sent.push(running);
}

/**
 * What came of statements whose transaction has ended. The first that failed says why: whatever follows it is
 * refused for just that (25P02), and a COMMIT is answered by a rollback, which the driver takes for no error.
 */
export async function settled(sent: readonly Promise<unknown>[]): Promise<void> {
  for (const statement of sent) await statement;
}
