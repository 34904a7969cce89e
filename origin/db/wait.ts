import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { isAway } from "./errors.ts";

/** Between two tries, in milliseconds. It differs, so that origins which start together do not keep step. */
const PAUSE = { least: 500, most: 1_500 };

/**
 * Runs what a start asks the database, again and again while that is away: an origin that gave up would be started
 * anew by whoever runs it, after longer and longer pauses, and not be there when Postgres is.
 * @throws what says something else than that Postgres cannot be asked now
 */
export async function onceThere<R>(task: () => Promise<R>, log: Pick<Logger, "warn">): Promise<R> {
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warn({ err: error }, "Postgres cannot be asked: the start waits for it");
      await delay(PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least));
    }
  }
}
