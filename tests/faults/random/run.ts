import { setTimeout as delay } from "node:timers/promises";
import { bundleEdge } from "#scripts/local/edge.ts";
import { seededRandom } from "../../../bench/load/zipf.ts";
import { startLane } from "../matrix/lane.ts";
import { compareBooks, readBooks } from "./books.ts";
import { startGremlins } from "./gremlins.ts";
import { openShop } from "./shop.ts";

export type RandomReport = {
  /** What was lost or doubled, and what a 5xx lacked; empty when all is well. */
  readonly faults: readonly string[];
  readonly figures: string;
};

/**
 * Random faults on random links under load, and then the books: each write is sent with one key until it is
 * acknowledged, so what was acknowledged and what is stored have to be the same.
 * @param seed the same faults in the same order, and the same requests
 */
export async function runRandomFaults(seed: number, durationMs: number): Promise<RandomReport> {
  const lane = await startLane(await bundleEdge("tests/faults/edge/closed-route-worker.ts"));
  try {
    const shop = await openShop(lane, seededRandom(seed));
    const endsAt = performance.now() + durationMs;
    const gremlins = startGremlins(lane, seededRandom(seed + 1), () => performance.now() > endsAt);
    await delay(durationMs);
    await gremlins.stop();
    await shop.close();
    const { adjustments, orders, products, tries, replays, faults } = shop.acknowledged;
    const writes = `${adjustments.size} adjustments, ${orders.size} orders, ${products.size} products`;
    const times = [...gremlins.counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      faults: [...compareBooks(await readBooks(lane.sql), shop.acknowledged), ...new Set(faults)],
      figures: `${writes} acknowledged in ${tries} tries (${replays} replays) under ${times} faults of ${gremlins.counts.size} kinds`,
    };
  } finally {
    await lane.stop();
  }
}
