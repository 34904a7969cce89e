import { type Check, type CheckResult, createChecks } from "./readiness.ts";

/** What has to be there before the first request, in this order. */
const STEPS = ["migrations", "signing-keys", "listening"] as const;
export type Step = (typeof STEPS)[number];

export type Startup = {
  readonly status: "started" | "starting";
  readonly steps: readonly { readonly name: Step; readonly done: boolean }[];
};

export type Readiness = {
  readonly status: "ready" | "not-ready";
  /** Whether the process takes requests: from the end of its start to the first moment of its stop. */
  readonly serving: boolean;
  readonly checks: readonly CheckResult[];
};

/** What the process says of itself to those who start, stop and choose between processes. */
export type Health = {
  readonly startup: () => Startup;
  readonly readiness: () => Promise<Readiness>;
  readonly done: (step: Step) => void;
  /** Replaces what `readiness` asks. */
  readonly watch: (checks: readonly Check[]) => void;
  /** From now on it is not ready, whatever the checks say. */
  readonly leave: () => void;
};

export function createHealth(): Health {
  const done = new Set<Step>();
  let runChecks = createChecks([]);
  let isLeaving = false;
  return {
    startup: () => ({
      status: done.size === STEPS.length ? "started" : "starting",
      steps: STEPS.map((name) => ({ name, done: done.has(name) })),
    }),
    async readiness() {
      const checks = await runChecks();
      const serving = done.has("listening") && !isLeaving;
      const ready = serving && checks.every(({ ok, required }) => ok || !required);
      return { status: ready ? "ready" : "not-ready", serving, checks };
    },
    done: (step) => done.add(step),
    watch(checks) {
      runChecks = createChecks(checks);
    },
    leave() {
      isLeaving = true;
    },
  };
}
