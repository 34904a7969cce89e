import { Problem } from "#shared/problems.ts";
import { priorityLine, type Waiting, type WaitingLine } from "./waiting-line.ts";
import type { Work } from "./work.ts";

/** Lets in as many at a time as there are places, and bounds how many wait, and how long. */
export type Admission = {
  /**
   * Takes a place: null when one was free, else a promise of it.
   * @throws Problem `overloaded` when too many wait or it took too long; the signal's reason when that aborts
   */
  readonly enter: (work: Work) => Promise<void> | null;
  /** Gives a place back. @param heldMs how long it was held */
  readonly leave: (heldMs: number) => void;
  readonly figures: () => { readonly inUse: number; readonly idle: number; readonly waiting: number };
};

type Options = {
  readonly places: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Told how long each waited who had to. */
  readonly waited?: (milliseconds: number) => void;
  readonly line?: WaitingLine<Guest>;
};

export type Guest = Waiting & { readonly admit: () => void; readonly refuse: (reason: unknown) => void };

/** How much the latest counts for how long places are held on average. */
const LATEST = 0.02;

export function createAdmission({
  places,
  maxWaiting,
  maxWaitMs,
  waited = () => undefined,
  line = priorityLine(),
}: Options): Admission {
  let free = places;
  let meanHeldMs = 10;

  /** Truthful: when as many as wait now will have been served. */
  function overloaded(): Problem {
    const seconds = Math.max(1, Math.ceil(((line.size() + 1) * meanHeldMs) / places / 1000));
    return new Problem("overloaded", {}, { "retry-after": String(seconds) });
  }

  async function wait({ priority, tenantId, signal }: Work): Promise<void> {
    if (line.size() >= maxWaiting) {
      const given = line.giveUpFor(priority);
      if (given === undefined) throw overloaded();
      given.refuse(overloaded());
    }
    const since = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const guest: Guest = { priority, tenantId, admit: resolve, refuse: reject };
    const giveUp = (reason: unknown) => {
      line.remove(guest);
      reject(reason);
    };
    const left = () => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(overloaded()), maxWaitMs);
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
      if (free === 0) return wait(work);
      free--;
      return null;
    },
    leave(heldMs) {
      meanHeldMs += (heldMs - meanHeldMs) * LATEST;
      const next = line.next();
      if (next === undefined) free++;
      else next.admit();
    },
    figures: () => ({ inUse: places - free, idle: free, waiting: line.size() }),
  };
}
