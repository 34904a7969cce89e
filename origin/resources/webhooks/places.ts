import { type Breaker, createBreaker } from "../../breaker.ts";

/** Attempts that run at once in this process, and how they are shared out among webhooks. */
export type Places = {
  /** How many more may begin. */
  readonly free: () => number;
  /** Of those that one webhook may have, how many it may not take now, by its id; of the others, none. */
  readonly withheld: () => ReadonlyMap<string, number>;
  readonly take: (webhookId: string) => void;
  /** @param arrived whether the attempt did */
  readonly giveBack: (webhookId: string, arrived: boolean) => void;
  /** How many webhooks are not sent to, and how many of those may be tried again. */
  readonly circuits: () => { readonly open: number; readonly "half-open": number };
};

const PLACES = 128;
export const PLACES_PER_WEBHOOK = 4;
/** Remembered at most; what is forgotten has its places back until it fails again. */
const MAX_FAILING = 1_000;
/** For how long nothing is sent to a webhook that has failed so often in a row that its circuit is open. */
const PAUSE_MS = 10_000;

/**
 * A slow receiver takes a few places only. One that failed last takes a single one, until something arrives:
 * it would need as many that are stuck as there are places to hold up the rest. One that goes on failing takes none
 * for a while, and then a single one again: its deliveries keep their attempts for when it is back.
 */
export function createPlaces(now = () => performance.now()): Places {
  const taken = new Map<string, number>();
  const failing = new Map<string, Breaker>();
  let running = 0;

  function note(webhookId: string, arrived: boolean): void {
    const known = failing.get(webhookId);
    if (arrived) failing.delete(webhookId);
    if (arrived || (known === undefined && failing.size >= MAX_FAILING)) return;
    const breaker = known ?? createBreaker({ isOutage: () => true, pauseMs: PAUSE_MS, now });
    failing.set(webhookId, breaker);
    breaker.execute(() => Promise.reject(new Error("it has not arrived"))).catch(() => undefined);
  }

  return {
    free: () => PLACES - running,
    withheld() {
      const withheld = new Map(taken);
      for (const [id, breaker] of failing) {
        const most = mayTry(breaker) ? 1 : 0;
        withheld.set(id, (taken.get(id) ?? 0) + PLACES_PER_WEBHOOK - most);
      }
      return withheld;
    },
    take(webhookId) {
      running++;
      taken.set(webhookId, (taken.get(webhookId) ?? 0) + 1);
    },
    giveBack(webhookId, arrived) {
      running--;
      const left = (taken.get(webhookId) ?? 1) - 1;
      if (left === 0) taken.delete(webhookId);
      else taken.set(webhookId, left);
      note(webhookId, arrived);
    },
    circuits() {
      const circuits = { open: 0, "half-open": 0 };
      for (const breaker of failing.values()) {
        if (breaker.state() !== "closed") circuits[mayTry(breaker) ? "half-open" : "open"]++;
      }
      return circuits;
    },
  };
}

function mayTry(breaker: Breaker): boolean {
  try {
    breaker.check();
    return true;
  } catch {
    return false;
  }
}
