import type { Verdict } from "./guardrails.ts";
import type { Step } from "./plan.ts";

/** Carries a plan out, and takes it back when it goes wrong. */

export type Effects = {
  /** @returns whether it succeeded */
  readonly run: (step: Exclude<Step, { kind: "check" }>) => Promise<boolean>;
  readonly check: (step: Extract<Step, { kind: "check" }>) => Promise<Verdict>;
  /** @returns whether everything is as before */
  readonly rollBack: (reason: string) => Promise<boolean>;
  readonly say: (line: string) => void;
};

export type Outcome =
  | "deployed"
  /** A gate stopped it before anything was changed. */
  | "refused"
  | "rolled back"
  /** Somebody has to look at it now. */
  | "rollback failed";

/** Of the command: whoever runs it in a pipeline sees what to do. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  deployed: 0,
  refused: 1,
  "rolled back": 3,
  "rollback failed": 4,
};

/** How often a check that has seen too little looks again. */
const MOST_LOOKS = 5;

export async function carryOut(steps: readonly Step[], effects: Effects): Promise<Outcome> {
  let isChanged = false;
  for (const [index, step] of steps.entries()) {
    effects.say(`[${index + 1}/${steps.length}] ${step.what}`);
    const trouble = await troubleOf(step, effects);
    isChanged ||= step.kind === "change";
    if (trouble === null) continue;
    effects.say(trouble);
    if (!isChanged) return "refused";
    effects.say("rolling back");
    return (await effects.rollBack(trouble)) ? "rolled back" : "rollback failed";
  }
  return "deployed";
}

async function troubleOf(step: Step, { run, check, say }: Effects): Promise<string | null> {
  if (step.kind !== "check") return (await run(step)) ? null : `failed: ${step.what}`;
  for (let look = 1; look <= MOST_LOOKS; look++) {
    const verdict = await check(step);
    if (verdict.kind === "go on") return null;
    if (verdict.kind === "roll back") return verdict.reasons.join("; ");
    say(`too little to say: ${verdict.reason}`);
  }
  return `${MOST_LOOKS} looks saw too little of the new version`;
}
