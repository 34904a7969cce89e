/** Attempts that run at once in this process, and how they are shared out among webhooks. */
export type Places = {
  /** How many more may begin. */
  readonly free: () => number;
  /** Of those that one webhook may have, how many it may not take now, by its id; of the others, none. */
  readonly withheld: () => ReadonlyMap<string, number>;
  readonly take: (webhookId: string) => void;
  /** @param arrived whether the attempt did */
  readonly giveBack: (webhookId: string, arrived: boolean) => void;
};

const PLACES = 128;
export const PLACES_PER_WEBHOOK = 4;
/** Remembered at most; what is forgotten has its places back until it fails again. */
const MAX_FAILING = 1_000;

/**
 * A slow receiver takes a few places only. One that failed last takes a single one, until something arrives:
 * it would need as many that are stuck as there are places to hold up the rest.
 */
export function createPlaces(): Places {
  const taken = new Map<string, number>();
  const failing = new Set<string>();
  let running = 0;
  return {
    free: () => PLACES - running,
    withheld() {
      const withheld = new Map(taken);
      for (const id of failing) withheld.set(id, (taken.get(id) ?? 0) + PLACES_PER_WEBHOOK - 1);
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
      if (arrived) failing.delete(webhookId);
      else if (failing.size < MAX_FAILING) failing.add(webhookId);
    },
  };
}
