import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DOCUMENT, rowOf } from "./matrix/document.ts";
import { runMatrix } from "./matrix/run.ts";
import { verdictOf } from "./matrix/verdict.ts";

/** The rows that matter most; `npm run test:faults` goes through all of them. */
test("clients see of an outage what the outage contract says", { timeout: 300_000 }, async () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const lane = [
    ["redis", "silent"],
    ["origins", "killed"],
    ["postgres", "refuses"],
  ] as const;
  const report = await runMatrix({
    lanes: [lane],
    expected: (dependency, row) => rowOf(document, dependency, row),
    tell: () => undefined,
  });
  expect(report.rows).toHaveLength(lane.length);
  expect(verdictOf(report, document).faults).toEqual([]);
});
