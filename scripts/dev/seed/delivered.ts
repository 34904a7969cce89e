import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "#scripts/local/start-error.ts";
import type { Client } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";

const PAUSE_MS = 50;
const PATIENCE_MS = 30_000;

/**
 * Waits until the edge knows the versions of all that `client` wrote: until then its reads pass by the cache.
 * Whoever reads twice before sees two misses, for the version changes in between.
 * @throws StartError when the relay does not get there
 */
export async function untilDelivered(client: Client<GatehouseContract>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (await isPassedBy(client)) {
    if (performance.now() > giveUpAt) {
      throw new StartError("The relay did not tell Redis of the sample data within 30 s: see the log.");
    }
    await sleep(PAUSE_MS);
  }
}

async function isPassedBy(client: Client<GatehouseContract>): Promise<boolean> {
  const { headers } = await client.listProducts({ query: { pageSize: 1 } });
  return headers.get("cache-status")?.includes("fwd=bypass") ?? true;
}
