import type { Race } from "../race.ts";
import { linesOf, show } from "../report/table.ts";
import type { Check } from "./part.ts";

/** Rounds further apart than this say more of the machine than of who raced. */
const MOST_SPREAD = 2;

/**
 * What a race's contestants reached of the floor's throughput, and how long they took at the constant rate.
 * @param bar of the first of them
 * @param floor in a word
 */
export function raceChecks(race: Race, bar: number, floor: string): Check[] {
  return linesOf(race).flatMap(({ name, ratio, cpuRatio, p50, p99 }, index): Check[] => [
    {
      what: `${name}: throughput`,
      figure: ratio.median,
      unit: `of ${floor}`,
      bar: index === 0 ? { kind: "at least", value: bar } : { kind: "none" },
      note: `rounds ${show(ratio, 2)}; by CPU time ${show(cpuRatio, 2)}`,
      ...(ratio.max > MOST_SPREAD * ratio.min ? { void: "the machine did too much else" } : {}),
    },
    latency(`${name}: p50 at ${race.steadyRate}/s`, p50.median),
    latency(`${name}: p99 at ${race.steadyRate}/s`, p99.median),
  ]);
}

function latency(what: string, figure: number): Check {
  return { what, figure, unit: "ms", bar: { kind: "none" }, note: "" };
}
