import { Problem } from "#shared/problems.ts";
import { fairLine, type Waiting, type WaitingLine } from "./waiting-line.ts";
import type { Priority, Work } from "./work.ts";

/** Lets in as many at a time as there are places, and bounds how many wait, and how long. */
export type Admission = {
  /**
   * Takes a place: null when one was free, else a promise of it.
   * @throws Problem `overloaded` when too many wait or it took too long; the signal's reason when that aborts
   */
  readonly enter: (work: Work) => Promise<void> | null;
  /** Gives a place back. @param heldMs how long it was held */
  readonly leave: (work: Waiting, heldMs: number) => void;
  readonly figures: () => { readonly inUse: number; readonly idle: number; readonly waiting: number };
};

type Options = {
  readonly places: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Told how long each waited who had to. */
  readonly waited?: (milliseconds: number) => void;
  /** Told of each who is sent away. */
  readonly refused?: (priority: Priority) => void;
  readonly line?: WaitingLine<Guest>;
};

export type Guest = Waiting & { readonly admit: () => void; readonly refuse: (reason: unknown) => void };

/** How much the latest counts for how long places are held on average. */
const LATEST = 0.02;

/** Of the places, how many one tenant may hold: the others find one free, however long its operations take. */
const MOST_OF_ONE = 0.75;

export function createAdmission({
  places,
  maxWaiting,
  maxWaitMs,
  waited = () => undefined,
  refused = () => undefined,
  line = fairLine(),
}: Options): Admission {
  const mostOfOne = Math.ceil(places * MOST_OF_ONE);
  const held = new Map<string | null, number>();
  let free = places;
  let meanHeldMs = 10;

  const mayEnter = ({ priority, tenantId }: Waiting) =>
    priority === "upkeep" || (held.get(tenantId) ?? 0) < mostOfOne;

  function take({ tenantId }: Waiting): void {
    free--;
    held.set(tenantId, (held.get(tenantId) ?? 0) + 1);
  }

  function giveBack({ tenantId }: Waiting): void {
    free++;
    const left = (held.get(tenantId) ?? 1) - 1;
    if (left === 0) held.delete(tenantId);
    else held.set(tenantId, left);
  }

  /** Truthful: when as many as wait now will have been served. */
  function overloaded(priority: Priority): Problem {
    refused(priority);
    const seconds = Math.max(1, Math.ceil(((line.size() + 1) * meanHeldMs) / places / 1000));
    return new Problem("overloaded", {}, { "retry-after": String(seconds) });
  }

  async function wait({ priority, tenantId, signal }: Work): Promise<void> {
    if (line.size() >= maxWaiting) {
      const given = line.giveUpFor({ priority, tenantId });
      if (given === undefined) throw overloaded(priority);
      given.refuse(overloaded(given.priority));
    }
    const since = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const guest: Guest = { priority, tenantId, admit: resolve, refuse: reject };
    const giveUp = (reason: unknown) => {
      line.remove(guest);
      reject(reason);
    };
    const left = () => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(overloaded(priority)), maxWaitMs);
    signal.addEventListener("abort", left);
    line.add(guest);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", left);
      waited(performance.now() - since);
    }
  }

  return {
    enter(work) {
      if (free === 0 || !mayEnter(work)) return wait(work);
      take(work);
      return null;
    },
    leave(work, heldMs) {
      meanHeldMs += (heldMs - meanHeldMs) * LATEST;
      giveBack(work);
      const next = line.next(mayEnter);
      if (next === undefined) return;
      take(next);
      next.admit();
    },
    figures: () => ({ inUse: places - free, idle: free, waiting: line.size() }),
  };
}
