import type { Check } from "../../bars/part.ts";
import { shownRace } from "../../bars/shown-race.ts";
import type { Group } from "../../contestant.ts";
import type { Race } from "../../race.ts";
import { spreadOf } from "../../report/statistics.ts";
import { show } from "../../report/table.ts";
import type { Part } from "../part.ts";

/** What authentication and quota cost of a hit: the gateway, raced with itself without them. */

const BAR = 0.25;
const STEADY_RATE = 1_000;

const group: Group = {
  name: "edge",
  title: "A hit with and without the two guards",
  contestants: [
    { file: "edge-hit", name: "the whole gateway" },
    { file: "edge-unguarded", name: "without guards" },
  ],
};

export const share: Part = {
  name: "a",
  title: "Share of a warm request that authentication and quota cost",
  async run({ settings, progress }) {
    const { rounds, raceSeconds: seconds } = settings;
    const steady = { perSecond: STEADY_RATE };
    const result = await shownRace(group, { rounds, seconds, steady }, progress);
    return {
      checks: [cpuShare(result), latencyShare(result)],
      details: { race: { ...result, group: group.title } },
    };
  },
};

/** Round by round, each with the one beside it. */
function cpuShare({ tracks }: Race): Check {
  const [whole = [], unguarded = []] = tracks.map(({ saturation }) =>
    saturation.map((one) => one.cpuMicrosecondsPerRequest),
  );
  const shares = spreadOf(whole.map((figure, round) => 1 - (unguarded[round] ?? Number.NaN) / figure));
  return checkOf("CPU time of the hit", shares.median, `rounds ${show(shares, 2)}`);
}

/** Of the rounds that were disturbed least: others wait for a core more than for the gateway. */
function latencyShare({ tracks }: Race): Check {
  const [whole = Number.NaN, unguarded = Number.NaN] = tracks.map(({ steady }) =>
    Math.min(...steady.map((one) => one.p50)),
  );
  const note = `${whole.toFixed(3)} and ${unguarded.toFixed(3)} ms in the best of the rounds`;
  return checkOf(`p50 at ${STEADY_RATE}/s of the hit`, 1 - unguarded / whole, note);
}

function checkOf(what: string, figure: number, note: string): Check {
  return { what, figure, unit: "", bar: { kind: "at most", value: BAR }, note };
}
