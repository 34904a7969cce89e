import { type BarGroup, barsAsSvg, type Bar as Drawn } from "../report/bars.ts";
import { aligned } from "../report/table.ts";
import type { Check } from "./part.ts";
import { type Bar, type Verdict, verdictOf } from "./verdict.ts";

export type Reported = { readonly name: string; readonly title: string; readonly checks: readonly Check[] };

const COLUMNS = ["", "figure", "bar", "", ""];
const COLOURS: Readonly<Record<Verdict, string>> = {
  holds: "#4c9a6a",
  missed: "#c9503c",
  void: "#aaaaaa",
  "-": "#5b8def",
};
/** Of the widest bar: where a limit is drawn, so that what exceeds it still fits. */
const LIMIT_AT = 0.6;

/** Each figure beside its bar, and whether it holds. */
export function checksAsText({ name, title, checks }: Reported): string {
  const rows = checks.map((check) => [
    `  ${check.what}`,
    figureOf(check),
    barOf(check.bar, check.unit),
    verdictOf(check),
  ]);
  const notes = checks.map(({ note, void: reason }) => [reason, note].filter(Boolean).join("; "));
  const [head = "", ...lines] = aligned([COLUMNS.slice(0, 4), ...rows]);
  return [`(${name}) ${title}`, head, ...lines.map((line, i) => `${line}  ${notes[i]}`.trimEnd())].join("\n");
}

export function checksAsChart(title: string, reported: readonly Reported[]): string {
  return barsAsSvg(title, reported.map(groupOf));
}

function groupOf({ name, title, checks }: Reported): BarGroup {
  return { title: `(${name}) ${title}`, bars: checks.map(drawn) };
}

function drawn(check: Check): Drawn {
  const { figure, bar, what, unit } = check;
  const whole = bar.kind === "none" ? figure / LIMIT_AT : bar.value / LIMIT_AT;
  const verdict = verdictOf(check);
  const words = bar.kind === "none" ? "" : ` (${barOf(bar, unit)}): ${verdict}`;
  return {
    label: what,
    length: Number.isFinite(figure / whole) ? Math.min(1, figure / whole) : 0,
    range: null,
    limit: bar.kind === "none" ? null : LIMIT_AT,
    colour: COLOURS[verdict],
    figures: figureOf(check) + words,
  };
}

function figureOf({ figure, unit }: Pick<Check, "figure" | "unit">): string {
  return `${rounded(figure)}${unit === "" ? "" : ` ${unit}`}`;
}

function barOf(bar: Bar, unit: string): string {
  return bar.kind === "none" ? "" : `${bar.kind} ${figureOf({ figure: bar.value, unit })}`;
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
