import { spawnSync } from "node:child_process";
import { carryOut, EXIT_CODES } from "./deploy/carry-out.ts";
import { lookAt } from "./deploy/look.ts";
import { asTyped, deployPlan, rollbackPlan, type Step, toEnvironment } from "./deploy/plan.ts";
import { record } from "./deploy/record.ts";
import { runStep } from "./deploy/run-step.ts";
import { readVariables } from "./deploy/variables.ts";
import { currentVersion } from "./deploy/wrangler.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

const USAGE = `npm run deploy -- --env staging|production [--dry-run]

Gates on contract, security scan and tests; rolls the origin over; uploads a version of the edge and gives it
10%, 50% and 100% of the traffic, with a smoke test and guardrails at each step; rolls both tiers back when
they say so. Remembers the outcome as a git tag. --dry-run prints each command, runs none and asks nobody.
Variables: EDGE_URL, ORIGIN_IMAGE, SMOKE_TOKEN, PROMETHEUS_URL (docs/deploying.md).`;

const { values } = readCommandLine(USAGE, {
  options: { env: { type: "string" }, "dry-run": { type: "boolean", default: false } },
});
const isDryRun = values["dry-run"];

try {
  const environment = toEnvironment(values.env ?? "");
  const variables = readVariables(process.env, isDryRun);
  const at = new Date();
  const commit = commitNow();
  const current = isDryRun ? "CURRENT_VERSION_ID" : currentVersion(environment);
  const tag = `${at.toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}-${commit}`;
  const steps = deployPlan(environment, { commit, tag, current }, variables.image);
  if (isDryRun) {
    print("npm run deploy would run", steps);
    print("and, if a step that changes something or a check fails", rollbackPlan(environment, current, tag));
  } else {
    const outcome = await carryOut(steps, {
      run: async (step) => runStep(step),
      check: (step) => lookAt({ environment, tag, current, begunAt: at, variables }, step.percent),
      rollBack: async (reason) => rollbackPlan(environment, current, reason).every(runStep),
      say: (line) => console.log(line),
    });
    console.log(`${outcome}; remembered as ${record(environment, at, outcome)} (git push --tags)`);
    process.exitCode = EXIT_CODES[outcome];
  }
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error), USAGE);
}

function print(title: string, steps: readonly Step[]): void {
  console.log(`${title}:\n`);
  for (const [index, step] of steps.entries()) {
    console.log(`${String(index + 1).padStart(2)}. ${step.what}`);
    if (step.kind !== "check") console.log(`      ${asTyped(step.command)}`);
  }
  console.log("");
}

/** A dry run also says what it would do where nothing was committed yet. */
function commitNow(): string {
  const args = ["rev-parse", "--short", "--verify", "--quiet", "HEAD"];
  const commit = spawnSync("git", args, { encoding: "utf8" }).stdout.trim();
  if (commit !== "") return commit;
  if (isDryRun) return "COMMIT";
  throw new Error("there is no commit to deploy");
}
