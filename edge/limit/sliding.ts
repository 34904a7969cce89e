import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import type { Limiter } from "./decision.ts";
import type { Quota } from "./plans.ts";

/** A sliding window by @upstash/ratelimit: one Redis call for each request. */
export function slidingLimiter(redis: Redis, name: string, quota: Quota, now: () => number): Limiter {
  const ratelimit = new Ratelimit({
    redis,
    limiter: Ratelimit.slidingWindow(quota.limit, `${quota.windowSeconds} s`),
    prefix: `gatehouse:quota:${name}`,
    ephemeralCache: false,
    // The library would admit on its own time-out and report zeros; ours is the Redis client's.
    timeout: 0,
  });
  return async function slide(key, cost) {
    const { success, remaining, reset } = await ratelimit.limit(key, { rate: cost });
    const resetSeconds = Math.max(1, Math.ceil((reset - now()) / 1000));
    return { admitted: success, state: { remaining: Math.max(0, remaining), resetSeconds } };
  };
}
