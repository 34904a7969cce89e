import { asTyped, rollbackPlan, toEnvironment } from "./deploy/plan.ts";
import { record } from "./deploy/record.ts";
import { runStep } from "./deploy/run-step.ts";
import { currentVersion } from "./deploy/wrangler.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

const USAGE = `npm run rollback -- --env staging|production [--version ID] [--reason TEXT] [--dry-run]

Puts both tiers back to what they were before the last deploy, the edge first; --version names another of the
edge's (npx wrangler versions list). Schema changes stay: they are additive, and the older origin does not
mind. --dry-run prints each command and runs none. Ends with 1 when it failed, and with 2 when Cloudflare cannot be
asked: then nothing was changed.`;

const { values } = readCommandLine(USAGE, {
  options: {
    env: { type: "string" },
    version: { type: "string" },
    reason: { type: "string", default: "rolled back by hand" },
    "dry-run": { type: "boolean", default: false },
  },
});

try {
  const environment = toEnvironment(values.env ?? "");
  const steps = rollbackPlan(environment, values.version ?? null, values.reason);
  if (values["dry-run"]) {
    for (const step of steps)
      if (step.kind !== "check") console.log(`${step.what}\n  ${asTyped(step.command)}`);
  } else {
    // Without Cloudflare nothing can go back: that is said before anything is tried, and remembered.
    console.log(`the edge serves ${currentVersion(environment) ?? "nothing yet"}`);
    const isBack = steps.every(runStep);
    const outcome = isBack ? "rolled back" : "rollback failed";
    console.log(`${outcome}; remembered as ${record(environment, new Date(), outcome)} (git push --tags)`);
    process.exitCode = isBack ? 0 : 1;
  }
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error), USAGE);
}
