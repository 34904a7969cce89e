import type { DeployRecord } from "./record.ts";

/** The four figures of DevOps Research and Assessment (dora.dev) over deploys that are remembered. */

export type Dora = {
  readonly deploys: number;
  readonly deploysADay: number;
  /** Hours from a commit to the deploy that brought it, of the middle one; NaN when none was brought. */
  readonly leadHours: number;
  /** Share of deploys that had to be rolled back. */
  readonly failureShare: number;
  /** Hours from the beginning of a deploy that failed until it was rolled back or replaced, of the middle one; NaN when none failed. */
  readonly restoreHours: number;
};

/** @param committedAt when each commit that a deploy brought was made, for each deploy that went well */
export function doraOf(
  records: readonly DeployRecord[],
  committedAt: (from: string | null, to: string) => readonly Date[],
  days: number,
): Dora {
  // What a gate stopped has changed nothing.
  const deploys = records.filter(({ outcome }) => outcome !== "refused");
  const good = deploys.filter(({ outcome }) => outcome === "deployed");
  const leads = good.flatMap(({ endedAt, commit }, index) =>
    committedAt(good[index - 1]?.commit ?? null, commit).map((made) => hoursBetween(made, endedAt)),
  );
  const restores = deploys.flatMap(({ outcome, begunAt }, index) => {
    if (outcome === "deployed") return [];
    const mended = deploys.slice(index).find((one) => one.outcome !== "rollback failed");
    return mended === undefined ? [] : [hoursBetween(begunAt, mended.endedAt)];
  });
  return {
    deploys: deploys.length,
    deploysADay: deploys.length / days,
    leadHours: middleOf(leads),
    failureShare: deploys.length === 0 ? Number.NaN : (deploys.length - good.length) / deploys.length,
    restoreHours: middleOf(restores),
  };
}

function hoursBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 3_600_000;
}

function middleOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
