import { spawnSync } from "node:child_process";
import { asTyped, type Step } from "./plan.ts";

/** Runs a step's command and shows what it says. @returns whether it succeeded */
export function runStep(step: Step): boolean {
  if (step.kind === "check") return true;
  console.log(`$ ${asTyped(step.command)}`);
  const [program, ...args] = step.command;
  return spawnSync(program, args, { stdio: "inherit" }).status === 0;
}
