import { setTimeout as delay } from "node:timers/promises";

const TRIES = 60;
const PAUSE_MS = 500;

/**
 * Starts again and again, as an orchestrator does, what may need something that is away just now: another part,
 * or its port, which somebody's outgoing connection has been given meanwhile.
 */
export async function persist<T>(start: () => Promise<T>, tries = TRIES): Promise<T> {
  for (let left = tries; left > 1; left--) {
    try {
      return await start();
    } catch {
      await delay(PAUSE_MS);
    }
  }
  return start();
}
