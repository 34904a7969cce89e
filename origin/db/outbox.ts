import type { Change } from "#shared/changes.ts";
import type { Transaction } from "./client.ts";
import { outbox } from "./tables/outbox.ts";

/** Notes what the transaction has changed, in the transaction itself. */
export async function announce(tx: Transaction, tenantId: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.insert(outbox).values(changes.map((change) => ({ tenantId, ...change })));
}
