import { contract, scopesOf } from "#shared/contract.ts";
import { openApi } from "#shared/openapi.ts";
import { breakingChanges } from "./contract/compare.ts";
import { readDeclared, readReleased, readScenario, release } from "./contract/files.ts";
import { faultsOf } from "./contract/judge.ts";
import { record } from "./contract/record.ts";
import type { Step } from "./contract/recorded.ts";
import { keepSource } from "./contract/source.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

/**
 * `npm run contract -- check`: fails when the contract breaks clients of the released one, but for what
 * `contract/breaking-changes.json` declares with a reason. `npm run contract -- release`: releases it,
 * with the requests of `contract/scenario.json` and their answers.
 */

const USAGE = `npm run contract -- check | release

check fails when the contract breaks clients of the released one; release makes it the released one
(docs/versioning.md).`;

const [command, ...rest] = readCommandLine(USAGE, { allowPositionals: true }).positionals;
if ((command !== "check" && command !== "release") || rest.length > 0) {
  refuse("Say one of: check, release.", USAGE);
}

const current = openApi(contract);
const released = readReleased();
const changes = released === null ? [] : breakingChanges(released, current);
const faults = faultsOf(changes, readDeclared());
for (const fault of faults) console.error(fault);

if (faults.length > 0) {
  console.error(
    "\nMake it an addition, keep the old route and deprecate it, or say why in contract/breaking-changes.json:\n" +
      '  { "change": "<the line above, from the method on>", "reason": "..." }',
  );
  process.exitCode = 1;
} else if (command === "release") {
  await recordAndRelease();
} else {
  const said =
    released === null ? "none is released yet" : `${changes.length} breaking changes, all declared`;
  console.log(`contract: ${said}`);
  const unsent = notSent(readScenario());
  if (released !== null && unsent.length > 0)
    console.log(`contract: before a release, ${stepsNeeded(unsent)}`);
}

/** The routes that no step of a scenario calls. */
function notSent(scenario: readonly Step[]): string[] {
  const sent = new Set(scenario.map(({ operationId }) => operationId));
  return Object.keys(contract).filter((operationId) => !sent.has(operationId));
}

function stepsNeeded(operationIds: readonly string[]): string {
  return `contract/scenario.json needs a step that calls ${operationIds.join(", ")}`;
}

async function recordAndRelease(): Promise<void> {
  const scenario = readScenario();
  const missing = notSent(scenario);
  if (missing.length > 0) {
    console.error(`contract: ${stepsNeeded(missing)}`);
    process.exitCode = 1;
    return;
  }
  release(current, await record(scenario, scopesOf(contract)));
  keepSource();
}
