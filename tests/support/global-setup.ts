import type { TestProject } from "vitest/node";
import { type RunningStack, startStack } from "#scripts/local/stack.ts";

/** Starts what the stack project's files share, once a run; they reach it through `stack.ts`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The machine may be busy with other suites; shedding is tested with limits of its own.
  const running: RunningStack = await startStack({ originVariables: { SHED_DELAY_MS: "600000" } });
  project.provide("stack", running.stack);
  return () => running.stop();
}
