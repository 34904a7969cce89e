import { databaseErrorOf } from "../../../db/errors.ts";
import type { ParsedLine } from "./parse-line.ts";

const BATCH_LINES = 250;
export const BATCH_BYTES = 256 * 1024;

/** A line that says something, whether or not it can be stored. */
export type Entry = {
  readonly line: number;
  /** Its size in the body. */
  readonly bytes: number;
  readonly parsed: Exclude<ParsedLine, { kind: "blank" }>;
};

/**
 * Collects entries into batches, and has each stored when it is full: one after the other, while the next
 * one is collected.
 */
export type Batches<E extends Entry> = {
  /** Waits only while two batches are full. Rejects when an earlier one could not be stored. */
  readonly add: (entry: E) => Promise<void>;
  /** Waits until all is stored. */
  readonly flush: () => Promise<void>;
};

/**
 * @param commit stores entries in one short transaction: all of them, or none and an error. What the database
 *   refuses of a batch is found by halving it, so that the others are stored.
 */
export function createBatches<E extends Entry>(commit: (batch: readonly E[]) => Promise<void>): Batches<E> {
  let held: E[] = [];
  let bytesHeld = 0;
  let storing: Promise<void> = Promise.resolve();

  async function store(batch: readonly E[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await commit(batch);
    } catch (error) {
      if (!isAboutData(error)) throw error;
      if (batch.length === 1) return commit(batch.map(refusedByDatabase));
      const middle = batch.length >> 1;
      await store(batch.slice(0, middle));
      await store(batch.slice(middle));
    }
  }

  /** Begins to store what is held as soon as what came before it is. */
  async function pass(): Promise<void> {
    const batch = held;
    held = [];
    bytesHeld = 0;
    await storing;
    storing = store(batch);
    // Whoever waits for it next is told; until then nobody is.
    storing.catch(() => undefined);
  }

  return {
    async flush() {
      await pass();
      await storing;
    },
    async add(entry) {
      held.push(entry);
      bytesHeld += entry.bytes;
      if (held.length === BATCH_LINES || bytesHeld >= BATCH_BYTES) await pass();
    },
  };
}

function refusedByDatabase<E extends Entry>(entry: E): E {
  const detail = "the database refuses this product";
  const fault = { line: entry.line, pointer: "", rule: "stored", detail };
  return { ...entry, parsed: { kind: "faults" as const, faults: [fault] } };
}

/** SQLSTATE classes 22 (data exception), 23 (integrity) and 54 (limits). */
function isAboutData(error: unknown): boolean {
  return /^(?:22|23|54)/.test(databaseErrorOf(error)?.code ?? "");
}
