import type { Decision } from "./decision.ts";
import type { Quota } from "./plans.ts";

const MAX_KEYS = 10_000;

/**
 * Fixed windows in this isolate's memory: what a route that fails open falls back to while Redis is
 * away. Each isolate counts for itself, so the quota then holds per isolate only.
 */
export function localLimiter(
  quota: Pick<Quota, "limit" | "windowSeconds">,
  now: () => number,
): (key: string, cost: number) => Decision {
  const lengthMs = quota.windowSeconds * 1000;
  const used = new Map<string, number>();
  let window = 0;

  return function spendLocally(key, cost) {
    const current = Math.floor(now() / lengthMs);
    if (current !== window || used.size >= MAX_KEYS) {
      used.clear();
      window = current;
    }
    const after = (used.get(key) ?? 0) + cost;
    const admitted = after <= quota.limit;
    if (admitted) used.set(key, after);
    return { admitted, state: null };
  };
}
