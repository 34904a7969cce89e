import type { Check } from "../../bars/part.ts";
import { groups } from "../../contestant.ts";
import { race } from "../../race.ts";
import { linesOf, show, tableOf } from "../../report/table.ts";
import type { Part } from "../part.ts";

/** A hit through the whole gateway, raced with a Worker that only answers. */

const RATIO_BAR = 0.6;
const GOAL = 0.8;
/** Rounds further apart than this say more of the machine than of who raced. */
const MOST_SPREAD = 2;
const STEADY_RATE = 2_000;

export const hit: Part = {
  name: "a",
  title: `A hit through the whole gateway, 1 KB, against a bare worker (goal ${GOAL})`,
  async run({ settings, progress }) {
    const edge = groups.find(({ name }) => name === "edge");
    if (edge === undefined) throw new Error("there is no such group");
    // Rounds are short and many: what else the machine does then falls on all alike.
    const seconds = Math.min(3, settings.seconds);
    const raceSettings = {
      rounds: settings.rounds,
      seconds,
      connections: 32,
      steady: { perSecond: STEADY_RATE },
    };
    const result = await race(edge, raceSettings, progress);
    progress("");
    console.log(`${tableOf(result)}\n`);
    const checks = linesOf(result).flatMap(({ name, ratio, cpuRatio, p50, p99 }, index): Check[] => [
      {
        what: `${name}: throughput`,
        figure: ratio.median,
        unit: "of bare",
        bar: index === 0 ? { kind: "at least", value: RATIO_BAR } : { kind: "none" },
        note: `rounds ${show(ratio, 2)}; by CPU time ${show(cpuRatio, 2)}`,
        ...(ratio.max > MOST_SPREAD * ratio.min ? { void: "the machine did too much else" } : {}),
      },
      latency(`${name}: p50 at ${STEADY_RATE}/s`, p50.median),
      latency(`${name}: p99 at ${STEADY_RATE}/s`, p99.median),
    ]);
    return { checks, details: { race: { ...result, group: edge.name } } };
  },
};

function latency(what: string, figure: number): Check {
  return { what, figure, unit: "ms", bar: { kind: "none" }, note: "" };
}
