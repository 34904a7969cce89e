import { RecentMap } from "../recent-map.ts";
import type { Decision } from "./decision.ts";
import type { Quota } from "./plans.ts";

/** Above what one isolate sees in a window; the rest of a flood is what the shield is for. */
const MAX_KEYS = 20_000;

type Count = { window: number; used: number };

/**
 * Fixed windows in this isolate's memory: what a route that fails open falls back to while Redis is
 * away. Each isolate counts for itself, so the quota then holds per isolate only.
 */
export function localLimiter(
  { limit, windowSeconds }: Pick<Quota, "limit" | "windowSeconds">,
  now: () => number,
): (key: string, cost: number) => Decision {
  const lengthMs = windowSeconds * 1000;
  const counts = new RecentMap<string, Count>(MAX_KEYS);

  return function spendLocally(key, cost) {
    const at = now();
    const window = Math.floor(at / lengthMs);
    const count = counts.get(key);
    if (count === undefined || count.window !== window) {
      const fresh = { window, used: 0 };
      counts.set(key, fresh);
      return charge(fresh, at, cost);
    }
    return charge(count, at, cost);
  };

  function charge(count: Count, at: number, cost: number): Decision {
    const admitted = count.used + cost <= limit;
    if (admitted) count.used += cost;
    return {
      admitted,
      // What other isolates admit is not known here.
      standing: null,
      retryAfterSeconds: Math.ceil(((count.window + 1) * lengthMs - at) / 1000),
      refund: () => {
        count.used -= cost;
      },
    };
  }
}
