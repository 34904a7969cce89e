import { AsyncLocalStorage } from "node:async_hooks";
import { type Ending, OneEnding } from "../ending.ts";
import type { WorkTrace } from "../tracing/tracing.ts";

/** From the most urgent to the one that is given up first. */
export const priorities = [
  /** The origin's own: what expires, what webhooks are told. Bounded by itself. */
  "upkeep",
  "write",
  "read",
  /** A read whose answer the edge has already, and may go on serving. */
  "revalidation",
  "list",
] as const;
export type Priority = (typeof priorities)[number];

/** What the database is asked for, and until when anybody waits for it. */
export type Work = {
  readonly priority: Priority;
  /** Whose it is; null: nobody's, as on public routes. */
  readonly tenantId: string | null;
  /** Aborted once nobody waits for the answer any more; its reason is what to throw then. */
  readonly signal: Ending;
  /** Milliseconds until the deadline; `Infinity` when there is none. */
  readonly remainingMs: () => number;
  /** Of a request that is recorded. */
  readonly trace?: WorkTrace | null | undefined;
};

/** What no request asked for is the origin's own. */
export const UPKEEP: Work = {
  priority: "upkeep",
  tenantId: null,
  signal: new OneEnding(),
  remainingMs: () => Number.POSITIVE_INFINITY,
};

const storage = new AsyncLocalStorage<Work>();

/** Told of work of our own that took too long, as of a connection that is lost: one that is silent may be. */
const silent = () => Object.assign(new Error("the database says nothing"), { code: "ETIMEDOUT" });

/**
 * Runs `task` as the origin's own work, for which it waits so long, in milliseconds. A network that forgets a
 * connection tells nobody: without a limit, what was asked on it would be waited for until TCP gives up.
 */
export async function upkeep<R>(withinMs: number, task: () => Promise<R>): Promise<R> {
  const signal = new OneEnding();
  const timer = setTimeout(() => signal.end(silent()), withinMs);
  const endsAt = performance.now() + withinMs;
  try {
    return await storage.run({ ...UPKEEP, signal, remainingMs: () => endsAt - performance.now() }, task);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `task` for `work`: what it asks the database, however deep, is bounded and cancelled with it. No
 * handler has to hand it on, so none can forget to.
 */
export function doing<R>(work: Work, task: () => R): R {
  return storage.run(work, task);
}

/** For what the caller runs. */
export function currentWork(): Work {
  return storage.getStore() ?? UPKEEP;
}
