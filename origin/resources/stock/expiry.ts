import type { Change } from "#shared/changes.ts";
import type { Transaction } from "../../db/client.ts";
import { announce } from "../../db/outbox.ts";
import type { Pipelined } from "../../db/pipeline.ts";
import { retrying } from "../../db/retry.ts";
import { lookForExpired, workThrough } from "../../db/sweep.ts";
import { inTransaction } from "../../db/write.ts";
import type { Sweep } from "../../sweeper.ts";

/** Looked for at once. */
const BATCH = 100;

type Due = { readonly tenantId: string; readonly id: string };

type Expiry = {
  readonly name: string;
  /** The first `most` that are due, of all tenants. */
  readonly find: (tx: Transaction, most: number) => Promise<readonly Due[]>;
  /** Ends one, as its tenant. Another process may be at it, or its owner: then there is nothing to change. */
  readonly end: (tx: Pipelined, due: Due, changes: Change[]) => Promise<void>;
};

/** Ends what was only promised for a while, each in a transaction of its own. */
export function expiry({ name, find, end }: Expiry): Sweep {
  return {
    name,
    async run({ connections, committed }) {
      const found = await lookForExpired(connections, (tx) => find(tx, BATCH));
      await workThrough(found, async (due) => {
        await retrying(() =>
          inTransaction(connections, due.tenantId, async (tx) => {
            const changes: Change[] = [];
            await end(tx, due, changes);
            await announce(tx, due.tenantId, changes);
          }),
        );
        committed();
      });
      return found.length === BATCH;
    },
  };
}
