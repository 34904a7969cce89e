import type { Check } from "../../bars/part.ts";
import { shownRace } from "../../bars/shown-race.ts";
import type { Group } from "../../contestant.ts";
import { linesOf } from "../../report/table.ts";
import type { Part } from "../part.ts";

/** What a token costs that was not seen before, beside what jose alone costs for it. */

const STEADY_RATE = 500;

const group: Group = {
  name: "edge",
  title: "A token that is verified",
  contestants: [
    { file: "edge-cold-token", name: "gatehouse edge, hit, cold token" },
    { file: "edge-hit", name: "gatehouse edge, hit, warm token" },
    { file: "bare-worker", name: "bare worker" },
    { file: "jose-worker", name: "jose alone" },
  ],
};

export const coldToken: Part = {
  name: "f",
  title: "A cold token (its signature is verified) beside jose alone",
  async run({ settings, progress }) {
    const { rounds, raceSeconds: seconds } = settings;
    const steady = { perSecond: STEADY_RATE };
    const result = await shownRace(group, { rounds, seconds, steady }, progress);
    const [cold = Number.NaN, warm = Number.NaN, bare = Number.NaN, jose = Number.NaN] = linesOf(result).map(
      ({ cpuMicroseconds }) => cpuMicroseconds.median,
    );
    return {
      checks: [
        known("cold less warm token, at the edge", cold - warm, "us of CPU", `${rounds} rounds, medians`),
        known("jose less bare worker", jose - bare, "us of CPU", ""),
        known("the one to the other", (cold - warm) / (jose - bare), "", "1 is what jose costs"),
      ],
      details: { race: { ...result, group: group.title } },
    };
  },
};

function known(what: string, figure: number, unit: string, note: string): Check {
  return { what, figure, unit, bar: { kind: "none" }, note };
}
