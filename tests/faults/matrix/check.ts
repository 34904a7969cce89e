import { readFileSync } from "node:fs";
import { DOCUMENT, rowOf } from "./document.ts";
import { type Chosen, runMatrix } from "./run.ts";
import { verdictOf } from "./verdict.ts";

/**
 * Runs rows of the document.
 * @param lanes each on a system of its own, all beside each other
 * @returns what is not as the document says, or not as is promised of every row
 */
export async function faultsOfRows(lanes: readonly Chosen[]): Promise<readonly string[]> {
  const document = readFileSync(DOCUMENT, "utf8");
  const report = await runMatrix({
    lanes,
    expected: (dependency, row) => rowOf(document, dependency, row),
    tell: () => undefined,
  });
  const { faults } = verdictOf(report, document);
  return report.rows.length === lanes.flat().length ? faults : [...faults, "not all rows were run"];
}
