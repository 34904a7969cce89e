import type { Race } from "../race.ts";
import { type Bar, type BarGroup, barsAsSvg } from "./bars.ts";
import { type Line, linesOf } from "./table.ts";

/** Requests/s at saturation, with the range of the rounds as a whisker. */
export function chartOf(races: readonly Race[]): string {
  return barsAsSvg("Requests per second", races.map(groupOf));
}

function groupOf(race: Race): BarGroup {
  const lines = linesOf(race);
  const most = Math.max(...lines.map(({ requestsPerSecond }) => requestsPerSecond.max));
  return { title: race.group.title, bars: lines.map((line) => barOf(line, most)) };
}

function barOf({ name, requestsPerSecond, ratio, cpuMicroseconds }: Line, most: number): Bar {
  const { median, min, max } = requestsPerSecond;
  return {
    label: name,
    length: median / most,
    range: [min / most, max / most],
    limit: null,
    colour: "#5b8def",
    figures: `${Math.round(median)}/s, ${ratio.median.toFixed(2)}, ${cpuMicroseconds.median.toFixed(0)} us`,
  };
}
