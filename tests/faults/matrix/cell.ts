import { setTimeout as delay } from "node:timers/promises";
import { ask, type Exchange, faultsOf, type Outcome, outcomeOf, overrunOf } from "./exchange.ts";
import type { Row } from "./faults.ts";
import type { Lane } from "./lane.ts";
import { checkWrites, type Losses } from "./ledger.ts";
import { startLoad } from "./load.ts";
import { recover } from "./recovery.ts";
import { type RequestId, requestClass, requestIds, requests } from "./requests.ts";
import { isUnmarked, type Scene, setScene } from "./scene.ts";

/** What one row of the document says. */
export type Seen = {
  readonly outcomes: ReadonlyMap<RequestId, string>;
  readonly lost: Losses;
  readonly recovers: "yes" | "no";
};

export type CellReport = {
  readonly seen: Seen;
  /** What breaks a promise that holds in every row; empty when all is well. */
  readonly broken: readonly string[];
  /** How long the slowest request took beyond its budget. */
  readonly overrunMs: number;
  /** Whether the lane is good for another row. */
  readonly isWell: boolean;
  readonly recoveryMs: number;
  readonly requests: number;
};

/** A relay is taken for dead after 1.5 s, and an edge believes what it last read for one more. */
const NOTICED_BY_MS = 3_000;
const SAMPLES = 3;
/** Where chance decides: enough to see both. */
const CHANCE_SAMPLES = 12;
/** After a dependency's return; docs/outage-contract.md promises it. */
const RECOVERY_MS = 5_000;

/** Puts a fault in force, looks at what clients see of it, ends it, and looks at what is left of it. */
export async function runRow(lane: Lane, row: Row): Promise<CellReport> {
  const samples = Object.keys(row.chance).length > 0 ? CHANCE_SAMPLES : SAMPLES;
  const scene = await setScene(lane, samples + 1);
  const load = startLoad(lane, scene);
  const end = await row.begin(lane);
  load.includeChanged();
  // Whoever comes first finds out; the row says what holds from then on.
  const first = await askAll(lane, scene, [0]);
  await delay(NOTICED_BY_MS);
  const settled = await askAll(lane, scene, range(1, samples + 1));
  await end();
  const recovery = await recover(lane, scene);
  const loaded = await load.stop();

  const exchanges = [...[...first, ...settled].flatMap((asking) => asking.exchanges), ...loaded];
  const ledger = recovery.lacks === null ? await checkWrites(lane, exchanges) : UNKNOWN_LEDGER;
  const isInTime = recovery.lacks === null && recovery.tookMs <= RECOVERY_MS;
  const outcomes = settled.map(({ id, exchanges: seen }) => {
    return [id, classOf(seen.map(requestClass(id).outcomeOf ?? outcomeOf), row.chance[id] ?? [])] as const;
  });
  return {
    seen: {
      outcomes: new Map(outcomes),
      lost: ledger.losses,
      recovers: isInTime ? "yes" : "no",
    },
    broken: [
      ...ledger.broken,
      ...(isInTime ? [] : [`not back within ${RECOVERY_MS} ms: ${recovery.lacks ?? recovery.lastLacked}`]),
      ...exchanges.flatMap(faultsOf),
      ...exchanges.filter((one) => isUnmarked(one, scene)).map(() => "what has changed came unmarked"),
      ...unanswered(lane, scene, [...first, ...settled], loaded),
    ],
    overrunMs: Math.max(...exchanges.map(overrunOf)),
    isWell: recovery.lacks === null,
    recoveryMs: recovery.tookMs,
    requests: exchanges.length,
  };
}

/** Nobody can be asked again. */
const UNKNOWN_LEDGER = { losses: "unknown", broken: [] } as const;

type Asking = { readonly id: RequestId; readonly exchanges: readonly Exchange[] };

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Each kind of request, as often as there are numbers. */
function askAll(lane: Lane, scene: Scene, numbers: readonly number[]): Promise<readonly Asking[]> {
  const asking = requestIds.map(async (id) => {
    const exchanges = numbers.map(async (nth) => ask(await requests[id].asked(lane, scene, nth)));
    return { id, exchanges: await Promise.all(exchanges) };
  });
  return Promise.all(asking);
}

/** What must be answered whatever happens, and was not. */
function unanswered(
  lane: Lane,
  scene: Scene,
  asking: readonly Asking[],
  loaded: readonly Exchange[],
): string[] {
  const always = asking.filter(({ id }) => requests[id].isAlwaysAnswered);
  const urls = new Set([scene.cached[0], scene.changed[0]].map((id) => `${lane.edgeUrl}/v1/products/${id}`));
  return [
    ...always.flatMap(({ exchanges }) => exchanges),
    ...loaded.filter(({ asked }) => urls.has(asked.url)),
  ]
    .filter(({ status, json }) => status !== 200 || json === null)
    .map((one) => `what is in the cache was answered with ${one.status ?? "nothing"} (${outcomeOf(one)})`);
}

/**
 * What a set of outcomes is called.
 * @param either what chance decides between, if it does: then both count as seen
 */
export function classOf(outcomes: readonly Outcome[], either: readonly Outcome[]): string {
  const isEither = outcomes.every((outcome) => either.includes(outcome));
  return [...new Set(isEither ? either : outcomes)].sort().join(" or ");
}
