import { bundleEdge } from "#scripts/local/edge.ts";
import { type BareWorker, startBareWorker } from "./bare.ts";
import { type CellReport, runRow } from "./cell.ts";
import { rowText } from "./document.ts";
import { type Dependency, type DependencyId, dependencies, type Row } from "./faults.ts";
import { type Lane, startLane } from "./lane.ts";

/** One row of the document, as it was seen. */
export type RowReport = CellReport & {
  readonly dependency: DependencyId;
  readonly row: string;
  readonly text: string;
  readonly runs: number;
};

export type MatrixReport = {
  readonly rows: readonly RowReport[];
  /** The longest that a Worker which does nothing kept a request waiting meanwhile. */
  readonly bareWorstMs: number;
};

export type Chosen = readonly (readonly [dependency: DependencyId, row: string])[];

type Options = {
  /** Each runs on a system of its own, one row after the other; all beside each other. */
  readonly lanes: readonly Chosen[];
  /** What the document says of a row; undefined: nothing yet. */
  readonly expected: (dependency: DependencyId, row: string) => string | undefined;
  readonly tell: (report: RowReport) => void;
};

/** Postgres alone takes as long as the others together; more lanes would wait for each other on a small machine. */
const TOGETHER: readonly (readonly DependencyId[])[] = [
  ["issuer", "redis", "relay", "oneOrigin", "origins"],
  ["postgres"],
];

const MAX_RUNS = 3;
/**
 * A run in which a Worker that does nothing had to wait for so long is no evidence: the relay's heartbeat has a second
 * to spare, and edges take themselves for blind without it. So many are not counted.
 */
const STALL_MS = 500;
const MAX_SPOILT = 3;

export const allRows: Chosen = Object.entries<Dependency>(dependencies).flatMap(([dependency, { rows }]) =>
  Object.keys(rows).map((row) => [dependency as DependencyId, row] as const),
);

/** The chosen rows, so divided that each lane takes about as long. */
export function inLanes(chosen: Chosen): readonly Chosen[] {
  return TOGETHER.map((ids) => chosen.filter(([dependency]) => ids.includes(dependency))).filter(
    (rows) => rows.length > 0,
  );
}

/** Runs rows, and a bare worker beside them. */
export async function runMatrix({ lanes, ...options }: Options): Promise<MatrixReport> {
  const script = await bundleEdge("tests/faults/edge/closed-route-worker.ts");
  const systems = await Promise.all(lanes.map(() => startLane(script)));
  const bare = await startBareWorker();
  try {
    const restart = () => startLane(script);
    const running = lanes.map((rows, nth) => runLane({ rows, restart, bare, ...options }, systems[nth]));
    return { rows: (await Promise.all(running)).flat(), bareWorstMs: bare.worstMs() };
  } finally {
    await bare.stop();
  }
}

type LaneRun = Omit<Options, "lanes"> & {
  readonly rows: Chosen;
  readonly restart: () => Promise<Lane>;
  readonly bare: BareWorker;
};

async function runLane(
  { rows, restart, bare, expected, tell }: LaneRun,
  first: Lane | undefined,
): Promise<readonly RowReport[]> {
  const reports: RowReport[] = [];
  let lane = first ?? (await restart());
  try {
    for (const [dependency, row] of rows) {
      const found: Row | undefined = (dependencies[dependency] as Dependency).rows[row];
      if (found === undefined) throw new Error(`${dependency} has no row ${row}`);
      const report = { ...(await settle(lane, found, expected(dependency, row), bare)), dependency, row };
      tell(report);
      reports.push(report);
      if (report.isWell) continue;
      await lane.stop();
      lane = await restart();
    }
    return reports;
  } finally {
    await lane.stop();
  }
}

/** What the document says, or what two runs agree on. */
async function settle(lane: Lane, row: Row, expected: string | undefined, bare: BareWorker) {
  const before: string[] = [];
  let spoilt = 0;
  for (let runs = 1; ; runs++) {
    const startedAt = performance.now();
    const report = await runRow(lane, row);
    const text = rowText(row, report.seen);
    const isSettled = text === (expected ?? text) || before.includes(text);
    const isLast = runs - spoilt === MAX_RUNS || !report.isWell;
    if ((isSettled && report.broken.length === 0) || isLast) return { ...report, text, runs };
    if (spoilt < MAX_SPOILT && bare.worstMs(startedAt) > STALL_MS) spoilt++;
    else before.push(text);
  }
}
