import type { Measured } from "../process.ts";
import type { Race, Track } from "../race.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** One contestant's line: medians over the rounds, and how far it is from the group's floor. */
export type Line = {
  readonly name: string;
  readonly requestsPerSecond: Spread;
  readonly cpuMicroseconds: Spread;
  readonly p50: Spread;
  readonly p99: Spread;
  /** Requests/s as a share of the floor's in the same round; the floor's own is 1. */
  readonly ratio: Spread;
  /** The floor's CPU a request as a share of this one's: steadier than `ratio` on a busy machine. */
  readonly cpuRatio: Spread;
};

export function linesOf({ tracks }: Race): Line[] {
  const floor = tracks.at(-1);
  return tracks.map((track) => ({
    name: track.name,
    requestsPerSecond: spreadOf(track.saturation.map((one) => one.requestsPerSecond)),
    cpuMicroseconds: spreadOf(track.saturation.map((one) => one.cpuMicrosecondsPerRequest)),
    p50: spreadOf(track.steady.map((one) => one.p50)),
    p99: spreadOf(track.steady.map((one) => one.p99)),
    ratio: spreadOf(against(floor, track, (one, its) => one.requestsPerSecond / its.requestsPerSecond)),
    cpuRatio: spreadOf(
      against(floor, track, (one, its) => its.cpuMicrosecondsPerRequest / one.cpuMicrosecondsPerRequest),
    ),
  }));
}

/** Compares each round at saturation with the floor's round next to it. */
function against(
  floor: Track | undefined,
  { saturation }: Track,
  compare: (one: Measured, its: Measured) => number,
): number[] {
  return saturation.flatMap((one, round) => {
    const its = floor?.saturation[round];
    return its === undefined ? [] : [compare(one, its)];
  });
}

const COLUMNS = ["", "requests/s", "ratio", "CPU us/request", "CPU ratio", "p50 ms", "p99 ms"];

/** The table for the terminal: medians, with the smallest and largest round in parentheses. */
export function tableOf(race: Race): string {
  const rows = linesOf(race).map((line) => [
    line.name,
    show(line.requestsPerSecond, 0),
    show(line.ratio, 2),
    show(line.cpuMicroseconds, 0),
    show(line.cpuRatio, 2),
    show(line.p50, 2),
    show(line.p99, 2),
  ]);
  const text = aligned([COLUMNS, ...rows]);
  const caption = `latency at ${race.steadyRate} requests/s; median (min-max) of ${race.tracks[0]?.saturation.length} rounds`;
  return [race.group.title, ...text, caption].join("\n");
}

/** Rows of equal length as lines; the first column begins at the left, the others end at the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}

export function show({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
