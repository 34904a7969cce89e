import { readFileSync, writeFileSync } from "node:fs";
import { DOCUMENT, rewritten, rowOf } from "#tests/faults/matrix/document.ts";
import { allRows, inLanes, runMatrix } from "#tests/faults/matrix/run.ts";
import { verdictOf } from "#tests/faults/matrix/verdict.ts";
import { runRandomFaults } from "#tests/faults/random/run.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

/** `npm run test:faults`: what docs/outage-contract.md says, seen again. */

const USAGE = `npm run test:faults [-- --write] [--only PART,...]
npm run test:faults -- --random [--minutes 10] [--seed 1]

Takes every dependency away in every way, and compares what clients see with ${DOCUMENT}.
--write rewrites its tables; --only leaves out all rows but those of these dependencies (origins) or
rows (origins.killed).

--random puts faults at random under a load of writes, each repeated until it is acknowledged, and then
compares what was acknowledged with what is stored.`;

const { values } = readCommandLine(USAGE, {
  options: {
    write: { type: "boolean" },
    only: { type: "string" },
    random: { type: "boolean" },
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const startedAt = performance.now();
const { faults, figures } = values.random ? await random() : await matrix();
for (const fault of faults) console.error(`faults: ${fault}`);
console.log(`faults: ${figures}, in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
process.exit(faults.length === 0 ? 0 : 1);

async function matrix() {
  const chosen = allRows.filter((row) => isChosen(row, values.only?.split(",")));
  if (chosen.length === 0) refuse(`There is no row ${values.only}.`, USAGE);
  const document = readFileSync(DOCUMENT, "utf8");
  const report = await runMatrix({
    lanes: inLanes(chosen),
    expected: (dependency, row) => rowOf(document, dependency, row),
    tell: ({ dependency, row, text, runs, recoveryMs }) => {
      console.log(`${dependency}.${row}: ${text} (run ${runs}, back after ${recoveryMs} ms)`);
    },
  });
  if (!values.write) return verdictOf(report, document);
  const seen = new Map(report.rows.map(({ dependency, row, text }) => [`${dependency}.${row}`, text]));
  const written = rewritten(document, seen);
  writeFileSync(DOCUMENT, written);
  return verdictOf(report, written);
}

function isChosen(
  [dependency, row]: readonly [string, string],
  only: readonly string[] | undefined,
): boolean {
  return only === undefined || only.includes(dependency) || only.includes(`${dependency}.${row}`);
}

function random() {
  const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
  if (!Number.isInteger(seed)) refuse("--seed must be an integer.", USAGE);
  if (!(minutes > 0)) refuse("--minutes must be a positive number.", USAGE);
  console.log(`faults: --seed ${seed} for ${minutes} minutes`);
  return runRandomFaults({
    seed,
    durationMs: minutes * 60_000,
    tell: (line) => console.log(`faults: ${line}`),
  });
}
