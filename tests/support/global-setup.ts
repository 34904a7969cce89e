import type { TestProject } from "vitest/node";
import { type RunningStack, startStack } from "#scripts/local/stack.ts";

/** Starts what the stack project's files share, once a run; they reach it through `stack.ts`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running: RunningStack = await startStack();
  project.provide("stack", running.stack);
  return () => running.stop();
}
