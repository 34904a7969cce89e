import { checkAnswer } from "./check.ts";
import type { Group } from "./contestant.ts";
import type { Job } from "./load/job.ts";
import { type Measured, measure, type Server, startServer } from "./process.ts";

export type Settings = {
  readonly rounds: number;
  /** Seconds of each measurement. */
  readonly seconds: number;
  readonly connections: number;
  /** The constant rate: requests/s, or a share of what the slowest contestant reaches at saturation. */
  readonly steady: { readonly perSecond: number } | { readonly share: number };
};

/** What one contestant did, round by round. */
export type Track = {
  readonly name: string;
  readonly saturation: Measured[];
  readonly steady: Measured[];
};

export type Race = {
  readonly group: Group;
  /** Requests a second of the constant-rate rounds. */
  readonly steadyRate: number;
  readonly tracks: readonly Track[];
};

type Progress = (text: string) => void;
type Runner = { readonly server: Server; readonly track: Track };

/** A process runs for days; V8 makes a list's code quicker for some ten seconds of load. */
const FIRST_WARM_UP_SECONDS = 10;
const WARM_UP_SECONDS = 0.5;

/**
 * Runs a group: all contestants stay up for the whole of it and take turns (A B A B ...), so that
 * whatever else the machine does meets all alike. Each is checked before it is measured.
 */
export async function race(group: Group, settings: Settings, progress: Progress): Promise<Race> {
  const runners: Runner[] = [];
  try {
    for (const { file, name, v8Flags } of group.contestants) {
      progress(`${name}: starting`);
      const server = await startServer(file, group.told, v8Flags);
      runners.push({ server, track: { name, saturation: [], steady: [] } });
      const [request = ""] = await server.requests();
      await checkAnswer(request, server.serving).catch((error: Error) => {
        throw new Error(`${name} does not answer as it should: ${error.message}`);
      });
    }
    await takeTurns(runners, "saturation", settings, null, progress);
    const { steady } = settings;
    const steadyRate =
      "share" in steady ? Math.max(1, Math.floor(steady.share * slowest(runners))) : steady.perSecond;
    await takeTurns(runners, "steady", settings, steadyRate, progress);
    return { group, steadyRate, tracks: runners.map(({ track }) => track) };
  } finally {
    for (const { server } of runners) server.stop();
  }
}

async function takeTurns(
  runners: readonly Runner[],
  phase: "saturation" | "steady",
  { rounds, seconds, connections }: Settings,
  rate: number | null,
  progress: Progress,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { server, track } of runners) {
      progress(`${phase} ${round + 1}/${rounds}: ${track.name}`);
      const job: Job = {
        port: server.serving.port,
        requests: await server.requests(),
        connections,
        warmUp: round === 0 && rate === null ? FIRST_WARM_UP_SECONDS : WARM_UP_SECONDS,
        seconds,
        rate,
      };
      const measured = await measure(job, server.serving);
      if (measured.failures > 0) throw new Error(`${track.name}: ${measured.failures} requests failed`);
      track[phase].push(measured);
    }
  }
}

function slowest(runners: readonly Runner[]): number {
  return Math.min(...runners.flatMap(({ track }) => track.saturation.map((one) => one.requestsPerSecond)));
}
