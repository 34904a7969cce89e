import { setTimeout } from "node:timers/promises";
import { databaseErrorOf } from "./errors.ts";

/** Transactions that Postgres gave up for the sake of others: running them again is what it asks for. */
const LOST_TO_OTHERS = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
]);

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 10;

/**
 * Runs a transaction again when it was given up for the sake of another, a few times, after pauses that
 * double and vary, so that the same ones do not meet again.
 * @throws what the last attempt threw
 */
export async function retrying<R>(transaction: () => Promise<R>, random = Math.random): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === ATTEMPTS || !LOST_TO_OTHERS.has(databaseErrorOf(error)?.code ?? "")) throw error;
      await setTimeout(random() * FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}
