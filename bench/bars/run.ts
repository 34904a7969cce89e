import { progress } from "../report/progress.ts";
import { save } from "../report/save.ts";
import type { PartOf, Progress } from "./part.ts";
import { checksAsChart, checksAsText } from "./report.ts";
import { allHold, verdictOf } from "./verdict.ts";

type Benchmark<C> = {
  /** Of the files of results. */
  readonly name: string;
  readonly title: string;
  readonly parts: readonly PartOf<C>[];
  /** Of how many `parts` are. */
  readonly allParts: number;
  readonly settings: unknown;
  readonly contextFor: (progress: Progress) => C;
};

/**
 * Runs the parts one after another, prints each figure beside its bar, and writes all to a file. The
 * process ends with 1 when a bar was missed, or a run says nothing.
 */
export async function runParts<C>(benchmark: Benchmark<C>): Promise<void> {
  const { name: file, title, parts, allParts, settings, contextFor } = benchmark;
  const results = [];
  for (const { name, title, run } of parts) {
    const say = (text: string) => progress(text === "" ? "" : `(${name}) ${text}`);
    const result = { name, title, ...(await run(contextFor(say))) };
    progress("");
    console.log(`${checksAsText(result)}\n`);
    results.push(result);
  }
  const judged = results.map((result) => ({
    ...result,
    checks: result.checks.map((check) => ({ ...check, verdict: verdictOf(check) })),
  }));
  const suffix = parts.length === allParts ? "" : `-${parts.map(({ name }) => name).join("")}`;
  save(`${file}${suffix}`, { settings, parts: judged }, checksAsChart(title, results));
  const missed = results.filter(({ checks }) => !allHold(checks)).map(({ name }) => name);
  console.log(missed.length === 0 ? "All bars hold." : `Missed or void: ${missed.join(", ")}.`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}
