/** Something the origin needs, and how to find out whether it answers. */
export type Check = {
  readonly name: string;
  /** False: without it the origin still answers, only freshness suffers. */
  readonly required: boolean;
  readonly run: () => Promise<unknown>;
};

export type CheckResult = {
  readonly name: string;
  readonly required: boolean;
  readonly ok: boolean;
  /** `silent`: it has neither answered nor refused in time. */
  readonly state: "answers" | "refuses" | "silent";
  readonly latency_ms: number;
};

/**
 * `/ready` is to answer within 2 s (docs/operating.md): what is left is for itself. Less than any check gives up
 * after by itself, so that what says nothing is told as silent and not, by chance, as refusing.
 */
const PATIENCE_MS = 1_500;

/**
 * Runs every check at once and answers within `PATIENCE_MS`; one that does not answer in time has failed. What
 * is silent is not asked again before it has ended: questions would queue up in the pool.
 */
export function createChecks(checks: readonly Check[], patienceMs = PATIENCE_MS) {
  const asking = checks.map((check) => createAsking(check, patienceMs));
  return function runChecks(): Promise<readonly CheckResult[]> {
    return Promise.all(asking.map((ask) => ask()));
  };
}

type Running = { readonly startedAt: number; readonly ended: Promise<"answers" | "refuses"> };

function createAsking({ name, required, run }: Check, patienceMs: number): () => Promise<CheckResult> {
  let running: Running | null = null;

  function start(): Running {
    const ended = run()
      .then(
        () => "answers" as const,
        () => "refuses" as const,
      )
      .finally(() => {
        running = null;
      });
    return { startedAt: performance.now(), ended };
  }

  return async function ask() {
    running ??= start();
    const { startedAt, ended } = running;
    const state = await before(ended, startedAt + patienceMs);
    const latency = performance.now() - startedAt;
    return { name, required, ok: state === "answers", state, latency_ms: Math.round(latency * 100) / 100 };
  };
}

/** @param deadline of `performance.now()`; one that has passed leaves no time at all */
async function before<T>(answer: Promise<T>, deadline: number): Promise<T | "silent"> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<"silent">((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - performance.now()), "silent");
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
