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
  readonly latency_ms: number;
};

const PATIENCE_MS = 2_000;

/** Runs every check at once; one that does not answer in time has failed. */
export function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, required, run }) => {
      const startedAt = performance.now();
      const ok = await answersInTime(run());
      return { name, required, ok, latency_ms: Math.round((performance.now() - startedAt) * 100) / 100 };
    }),
  );
}

async function answersInTime(answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  const ok = await Promise.race([answered, tooLate]);
  clearTimeout(timer);
  return ok;
}
