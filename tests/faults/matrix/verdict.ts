import { differences, rowOf } from "./document.ts";
import type { MatrixReport } from "./run.ts";

export type Verdict = {
  /** Cells that changed, and promises that were broken: one line each. */
  readonly faults: readonly string[];
  /** What was seen, in a line. */
  readonly figures: string;
};

/** What a run of the matrix says of the document, and of what is promised in every row. */
export function verdictOf({ rows, bareWorstMs }: MatrixReport, document: string): Verdict {
  const overrunMs = Math.max(0, ...rows.map((row) => row.overrunMs));
  const slowest = rows.find((row) => row.overrunMs === overrunMs);
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  const recoveryMs = Math.max(0, ...rows.map((row) => row.recoveryMs));
  return {
    faults: [
      ...rows.flatMap(({ dependency, row, text }) =>
        differences(dependency, rowOf(document, dependency, row), text),
      ),
      ...rows.flatMap(({ dependency, row, broken }) =>
        [...counted(broken)].map(([what, times]) => `${dependency}.${row}: ${what} (${times} times)`),
      ),
      ...(overrunMs > bareWorstMs
        ? [
            `${slowest?.dependency}.${slowest?.row}: a request outlived its budget by ${Math.round(overrunMs)} ms, ` +
              `and a bare worker's worst was ${Math.round(bareWorstMs)} ms`,
          ]
        : []),
    ],
    figures:
      `${rows.length} rows, ${requests} requests; beyond a budget at most ${Math.round(overrunMs)} ms ` +
      `(a bare worker's worst: ${Math.round(bareWorstMs)} ms); back after at most ${recoveryMs} ms`,
  };
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
