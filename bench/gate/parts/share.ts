import type { Check } from "../../bars/part.ts";
import type { Group } from "../../contestant.ts";
import { type Race, race, type Track } from "../../race.ts";
import { spreadOf } from "../../report/statistics.ts";
import { show, tableOf } from "../../report/table.ts";
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
    const { rounds, raceSeconds } = settings;
    const raceSettings = {
      rounds,
      seconds: raceSeconds,
      connections: 32,
      steady: { perSecond: STEADY_RATE },
    };
    const result = await race(group, raceSettings, progress);
    progress("");
    console.log(`${tableOf(result)}\n`);
    const shares = [
      shareOf(result, "CPU time", ({ saturation }) => saturation.map((one) => one.cpuMicrosecondsPerRequest)),
      shareOf(result, `p50 at ${STEADY_RATE}/s`, ({ steady }) => steady.map((one) => one.p50)),
    ];
    return { checks: shares, details: { race: { ...result, group: group.title } } };
  },
};

/** Round by round, each with the one beside it. */
function shareOf({ tracks }: Race, what: string, figures: (track: Track) => readonly number[]): Check {
  const [whole = [], unguarded = []] = tracks.map(figures);
  const shares = spreadOf(whole.map((figure, round) => 1 - (unguarded[round] ?? Number.NaN) / figure));
  return {
    what: `${what} of the hit`,
    figure: shares.median,
    unit: "",
    bar: { kind: "at most", value: BAR },
    note: `rounds ${show(shares, 2)}`,
  };
}
