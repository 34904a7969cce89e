import { sql } from "drizzle-orm";
import type { Connections, Transaction } from "./client.ts";

/**
 * Looks for what has expired, of all tenants: a transaction in which tables show that to the sweep, by a
 * policy of theirs, and nothing else. What is found is then dealt with as its tenant.
 */
export async function lookForExpired<R>(
  { own }: Connections,
  find: (tx: Transaction) => Promise<R>,
): Promise<R> {
  const look = async (tx: Transaction) => {
    await tx.execute(sql`select set_config('app.task', 'sweep', true)`);
    return find(tx);
  };
  return own((db) => db.transaction(look));
}

/** Works through what was found, one after the other; what fails does not keep back the rest, and is thrown at the end. */
export async function workThrough<T>(found: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const one of found) await work(one).catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
