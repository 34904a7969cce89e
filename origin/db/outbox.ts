import type { Change } from "#shared/changes.ts";
import type { Transaction } from "./client.ts";
import { outbox } from "./tables/outbox.ts";

/** Each number of rows is a statement of its own, which a connection keeps: only the usual ones. */
const MAX_PREPARED = 16;

/** Notes what the transaction has changed, in the transaction itself. */
export async function announce(tx: Transaction, tenantId: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const insert = tx.insert(outbox).values(changes.map((change) => ({ tenantId, ...change })));
  await (changes.length > MAX_PREPARED ? insert : insert.prepare("announce").execute());
}
