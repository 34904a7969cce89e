import { retrying } from "../../db/retry.ts";
import { type Actor, inTransaction } from "../../db/write.ts";
import type { Services } from "../../services.ts";
import { faultsOf, itemsOf } from "../products/import/entries.ts";
import { storeItems } from "../products/import/store-items.ts";
import type { ImportCounters } from "./metrics.ts";
import { lockAt, moveOn, type PartKey, type Place } from "./part-progress.ts";
import type { PlacedEntry } from "./receive-part.ts";

/**
 * Stores batches of a part, each in one transaction with the place up to which the part has been dealt
 * with: after a crash both are there or neither.
 * @param from where the part stands
 */
export function storeEntries(
  {
    connections,
    committed,
    counted,
  }: Pick<Services, "connections" | "committed"> & { readonly counted: ImportCounters["lines"] },
  key: PartKey,
  from: Place,
  actor: Actor,
) {
  let place = from;

  return {
    async commit(batch: readonly PlacedEntry[]): Promise<void> {
      const last = batch.at(-1);
      if (last === undefined) return;
      const next = { lines: last.line, digest: last.digest };
      const faults = faultsOf(batch);
      const { result } = await retrying(() =>
        inTransaction(
          connections,
          key.tenantId,
          async (tx) => {
            await lockAt(tx, key, place);
            const stored = await storeItems(tx, key.tenantId, itemsOf(batch));
            const { created, updated } = stored;
            await moveOn(tx, key, next, { created, updated, failed: faults.length }, faults.flat());
            return stored;
          },
          actor,
        ),
      );
      place = next;
      counted({ created: result.created, updated: result.updated, failed: faults.length });
      committed();
    },
    /** Up to where the part has been dealt with. */
    place: () => place,
  };
}
