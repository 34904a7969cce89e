import type { Transaction } from "../db/client.ts";
import type { RevocationLogs } from "./publish-revocations.ts";
import { readAnnounced, readTenant, readTenantIds } from "./revocation-store.ts";
import type { OutboxRow } from "./store.ts";

/** Redis as the relay found it in this turn. */
export type Era = {
  readonly name: string;
  /** Whether Redis has all revocations of this era. */
  readonly hasRevocations: boolean;
};

export type RevocationRelay = {
  /** Publishes what the rows announce. Rejects when Redis does not confirm. */
  readonly publish: (tx: Transaction, rows: readonly OutboxRow[], era: Era) => Promise<void>;
  /** Brings back a part of what Redis has lost. @returns whether there is more to bring back */
  readonly restore: (tx: Transaction, era: Era) => Promise<boolean>;
};

/** Few, so that the relay's sign of life does not wait for them. */
const TENANTS_A_TURN = 20;
/** Between two looks whether single logs were lost, as by eviction. */
const LOOK_MS = 60_000;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/** @param now milliseconds since the epoch */
export function relayRevocations(logs: RevocationLogs, now: () => number): RevocationRelay {
  let restoring: { readonly era: string; readonly after: string } | null = null;
  let lookedAt = now();

  async function rewrite(tx: Transaction, era: Era, tenantId: string, length: number): Promise<void> {
    const all = await readTenant(tx, tenantId);
    if (all.length > 0) await logs.rewrite(era.name, tenantId, all, length);
  }

  return {
    async publish(tx, rows, era) {
      for (const [tenantId, revocations] of await readAnnounced(tx, rows)) {
        const length = await logs.append(tenantId, revocations);
        if (length >= 0) await rewrite(tx, era, tenantId, length);
      }
    },

    async restore(tx, era) {
      if (restoring === null && era.hasRevocations && now() - lookedAt < LOOK_MS) return false;
      const { after } = restoring?.era === era.name ? restoring : { after: BEFORE_ALL };
      const tenantIds = await readTenantIds(tx, after, TENANTS_A_TURN);
      for (const tenantId of await logs.missing(tenantIds)) await rewrite(tx, era, tenantId, 0);
      const last = tenantIds.at(-1);
      restoring = last === undefined ? null : { era: era.name, after: last };
      if (restoring !== null) return true;
      if (!era.hasRevocations) await logs.complete(era.name);
      lookedAt = now();
      return false;
    },
  };
}
