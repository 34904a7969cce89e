import { setTimeout as delay } from "node:timers/promises";
import { bundleEdge } from "#scripts/local/edge.ts";
import { seededRandom } from "../../../bench/load/zipf.ts";
import { type Lane, startLane } from "../matrix/lane.ts";
import { compareBooks, type Difference, readBooks } from "./books.ts";
import { diagnose } from "./diagnose.ts";
import { type Gremlins, startGremlins } from "./gremlins.ts";
import { openShop, type Shop } from "./shop.ts";

export type RandomReport = {
  /** What was lost, doubled or not acknowledged, and what a 5xx lacked; empty when all is well. */
  readonly faults: readonly string[];
  readonly figures: string;
};

type Options = {
  /** The same faults in the same order, and the same requests. */
  readonly seed: number;
  readonly durationMs: number;
  /** Told how it goes. */
  readonly tell: (line: string) => void;
};

const EVERY_MS = 10_000;
/** In which the last fault ends: a part that was killed is started again as often as it takes. */
const MENDED_MS = 60_000;
/** In which everything is acknowledged once nothing fails any more: the longest budget, several times. */
const DRAINED_MS = 60_000;

/**
 * Random faults on random links under load, and then the books: each write is sent with one key until it is
 * acknowledged, so what was acknowledged and what is stored have to be the same.
 */
export async function runRandomFaults({ seed, durationMs, tell }: Options): Promise<RandomReport> {
  const lane = await startLane(await bundleEdge("tests/faults/edge/closed-route-worker.ts"));
  try {
    const shop = await openShop(lane, seededRandom(seed));
    const startedAt = performance.now();
    const sinceStart = () => performance.now() - startedAt;
    const gremlins = startGremlins(lane, seededRandom(seed + 1), () => sinceStart() > durationMs);
    const telling = setInterval(() => tell(progressOf(sinceStart(), shop, gremlins)), EVERY_MS);
    await delay(durationMs);
    const mended = await within(MENDED_MS, gremlins.stop());
    await shop.close(DRAINED_MS);
    clearInterval(telling);
    tell(progressOf(sinceStart(), shop, gremlins));
    return await judge({ lane, shop, gremlins, mended, tell });
  } finally {
    await lane.stop();
  }
}

type Ended = Pick<Options, "tell"> & {
  readonly lane: Lane;
  readonly shop: Shop;
  readonly gremlins: Gremlins;
  /** What keeps a fault from ending, if anything does. */
  readonly mended: string | null;
};

async function judge({ lane, shop, gremlins, mended, tell }: Ended): Promise<RandomReport> {
  const { acknowledged, waiting, faults } = shop;
  if (waiting.size > 0) for (const line of await diagnose(lane)) tell(line);
  const differences = compareBooks(await readBooks(lane.sql), acknowledged);
  const count = (kind: Difference["kind"]) => differences.filter((one) => one.kind === kind).length;
  const times = [...gremlins.counts.values()].reduce((sum, one) => sum + one, 0);
  return {
    faults: [
      ...(mended === null ? [] : [`${[...gremlins.inForce].join(", ")} could not be ended: ${mended}`]),
      ...[...waiting].map(
        ({ path, tries, last }) => `${path} is not acknowledged after ${tries} tries: ${last}`,
      ),
      ...differences.map(({ text }) => text),
      ...faults,
    ],
    figures:
      `${acknowledged.writes + waiting.size} writes, sent ${acknowledged.sent} times; ` +
      `${acknowledged.writes} acknowledged (${acknowledged.replays} by a replay), ${waiting.size} not; ` +
      `${count("lost")} lost, ${count("doubled")} doubled, ${count("otherwise")} otherwise than told; ` +
      `${times} faults of ${gremlins.counts.size} kinds`,
  };
}

function progressOf(sinceStartMs: number, { acknowledged, waiting }: Shop, { inForce }: Gremlins): string {
  const [oldest] = [...waiting].sort((a, b) => a.sinceMs - b.sinceMs);
  const waits =
    oldest === undefined
      ? "nobody waits"
      : `${waiting.size} wait, longest ${oldest.path} for ${seconds(performance.now() - oldest.sinceMs)} ` +
        `(${oldest.tries} tries, last: ${oldest.last})`;
  const faults = inForce.size === 0 ? "no fault" : [...inForce].join(", ");
  return `${seconds(sinceStartMs)}: ${acknowledged.writes} writes acknowledged; ${waits}; ${faults}`;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** @returns why it did not end well, or in time; null: it did */
function within(ms: number, ending: Promise<void>): Promise<string | null> {
  const ended = ending.then(
    () => null,
    (error: unknown) => String(error),
  );
  return Promise.race([ended, delay(ms, `not within ${seconds(ms)}`, { ref: false })]);
}
