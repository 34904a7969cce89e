import type { Transaction } from "./client.ts";
import { outbox } from "./tables/outbox.ts";

/** An item that a write made, changed or removed. Lists of its collection change with it. */
export type Change = { readonly collection: string; readonly itemId: string };

/** Notes what the transaction has changed, in the transaction itself. */
export async function announce(tx: Transaction, tenantId: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.insert(outbox).values(changes.map((change) => ({ tenantId, ...change })));
}
