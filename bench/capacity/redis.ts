import { sumOver } from "./cache.ts";
import type { TenantCells } from "./traffic.ts";

/** What a place's requests cost at Redis, in commands a second. Each script is one command. */

/** As `edge/cache/shared-snapshot.ts` shares a read of a tenant's snapshot. */
const SHARED_FOR_SECONDS = 0.75;
/** As `edge/cache/snapshot.ts` asks again, where reads are not shared. */
const REFRESH_AFTER_SECONDS = 0.5;
/** The relay looks after writes this often, and tells Redis of them and that it is alive. */
const RELAY_SECONDS = 0.4;
/** A batch of a quota lasts about a second, and the next is fetched when a quarter is left (`edge/limit/lease.ts`). */
const BATCH_SECONDS = 1;
const SPENT_OF_BATCH = 3 / 4;
/** What a batch holds beyond the pace that was seen. */
const SPARE_UNITS = 1.25;

export type Isolates = {
  /** In one place. */
  readonly count: number;
  /** Whether they share reads of snapshots, by a cache of their place. */
  readonly shareSnapshots: boolean;
};

/** Of the place's tenants together. */
export function commandsAt(
  tenants: readonly TenantCells[],
  isolates: Isolates,
  clientsPerTenant: number,
): { snapshots: number; quotas: number } {
  return {
    snapshots: sumOver(tenants, ({ tenants: count, requests }) => count * snapshotReads(requests, isolates)),
    quotas: sumOver(tenants, ({ tenants: count, requests }) => {
      const pace = requests / clientsPerTenant / isolates.count;
      return count * clientsPerTenant * isolates.count * quotaCommands(pace);
    }),
  };
}

function snapshotReads(requests: number, { count, shareSnapshots }: Isolates): number {
  if (shareSnapshots) return -Math.expm1(-requests * SHARED_FOR_SECONDS) / SHARED_FOR_SECONDS;
  const pace = requests / count;
  return pace === 0 ? 0 : count / (REFRESH_AFTER_SECONDS + 1 / pace);
}

/** For one client at one isolate, `pace` requests a second. */
function quotaCommands(pace: number): number {
  return pace / (SPENT_OF_BATCH * pace * BATCH_SECONDS + SPARE_UNITS);
}

/** Of the relay, however many places there are. */
export const RELAY_COMMANDS_PER_SECOND = 1 / RELAY_SECONDS;
