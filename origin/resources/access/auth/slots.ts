import { Problem } from "#shared/problems.ts";

/** Runs work a few at a time. */
export type Slots = <R>(work: () => Promise<R>) => Promise<R>;

const RETRY_AFTER_SECONDS = "1";

/**
 * Bounds what runs at once and what waits for it. Whoever finds the queue full is told so at once: a
 * queue that only grows would answer everybody too late.
 * @throws Problem `unavailable` from a call that finds the queue full
 */
export function createSlots({
  running: limit,
  waiting: maxWaiting,
}: {
  running: number;
  waiting: number;
}): Slots {
  const queue: (() => void)[] = [];
  let running = 0;

  function enter(): Promise<void> {
    if (running < limit) {
      running++;
      return Promise.resolve();
    }
    if (queue.length >= maxWaiting) {
      const detail = "too many passwords are being checked";
      throw new Problem("unavailable", { detail }, { "retry-after": RETRY_AFTER_SECONDS });
    }
    return new Promise((resolve) => queue.push(resolve));
  }

  return async function run(work) {
    await enter();
    try {
      return await work();
    } finally {
      // The slot goes to whoever has waited longest, or is free again.
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
