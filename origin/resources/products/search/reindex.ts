import { and, asc, gt, isNull } from "drizzle-orm";
import type { Transaction } from "../../../db/client.ts";
import { announce } from "../../../db/outbox.ts";
import { products } from "../../../db/tables/products.ts";
import { storeTerms } from "./store.ts";

/** How many products one transaction locks: few, for whoever writes them waits. */
const BATCH = 200;

export type Reindexed = {
  readonly seen: number;
  /** Those that were not found by what they say. */
  readonly changed: number;
  /** Where to go on; null when that was all. */
  readonly last: string | null;
};

/**
 * Makes a tenant's next products found by what they say now, and caches forget the searches that did not
 * find them. What is as it should be costs a read.
 * @param after the id of the last product of the batch before; null to begin
 */
export async function reindexBatch(
  tx: Transaction,
  tenantId: string,
  after: string | null,
): Promise<Reindexed> {
  const { id, sku, name, brand, description } = products;
  const batch = await tx
    .select({ id, sku, name, brand, description })
    .from(products)
    .where(and(isNull(products.deletedAt), after === null ? undefined : gt(id, after)))
    .orderBy(asc(id))
    .limit(BATCH)
    // Or a write in between would be undone, as far as it is found.
    .for("share");
  const changed = await storeTerms(tx, tenantId, batch);
  await announce(
    tx,
    tenantId,
    changed.map((itemId) => ({ collection: "products", itemId })),
  );
  const last = batch.length < BATCH ? null : (batch.at(-1)?.id ?? null);
  return { seen: batch.length, changed: changed.length, last };
}
