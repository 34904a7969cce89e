import { setTimeout as sleep } from "node:timers/promises";

const WINDOW_MS = 60_000;

/** Waits for the next window of the quotas if this one ends within `ms`: a count would start anew. */
export async function roomInWindow(ms: number): Promise<void> {
  const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (leftMs < ms) await sleep(leftMs + 50);
}
