import { spawnSync } from "node:child_process";
import { readCommandLine } from "./local/command-line.ts";

/**
 * `npm run verify`: everything that has to pass, quickest first; stops at the first failure.
 * `-- --no-tests` leaves out what runs the system.
 */

const CHECKS = [
  "format:check",
  "lint",
  "typecheck",
  "dead-code",
  "docs:check",
  "security-scan -- --offline",
  "openapi:lint",
  "contract:check",
  "build:edge",
];
const TESTS = ["test", "test:long"];

const USAGE = `npm run verify [-- --no-tests]

Everything that has to pass, quickest first: ${[...CHECKS, ...TESTS].join(", ")}.
Stops at the first failure. --no-tests leaves out what runs the system.`;

const { values } = readCommandLine(USAGE, { options: { "no-tests": { type: "boolean" } } });
const steps = values["no-tests"] ? CHECKS : [...CHECKS, ...TESTS];
const startedAt = performance.now();

for (const [index, step] of steps.entries()) {
  const stepStartedAt = performance.now();
  console.log(`\n[${index + 1}/${steps.length}] ${step}`);
  const { status } = spawnSync("npm", ["run", "--silent", ...step.split(" ")], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`\nverify: failed at ${step} after ${since(stepStartedAt)}; see above`);
    process.exit(1);
  }
  console.log(`[${index + 1}/${steps.length}] ${step} passed in ${since(stepStartedAt)}`);
}
console.log(`\nverify: all ${steps.length} steps passed in ${since(startedAt)}`);

function since(milliseconds: number): string {
  return `${((performance.now() - milliseconds) / 1000).toFixed(1)} s`;
}
