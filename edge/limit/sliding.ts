import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import type { Availability } from "./availability.ts";
import type { Limiter } from "./decision.ts";
import type { Quota } from "./plans.ts";

/**
 * A sliding window by @upstash/ratelimit: one Redis call for each request. Only for routes that cost
 * one unit: asked for more than is left, the library refuses and charges all the same.
 */
export function slidingLimiter(
  redis: Redis,
  { name, limit, windowSeconds }: Quota,
  availability: Availability,
  now: () => number,
): Limiter {
  const ratelimit = new Ratelimit({
    redis,
    limiter: Ratelimit.slidingWindow(limit, `${windowSeconds} s`),
    prefix: `gatehouse:quota:${name}:${windowSeconds}`,
    ephemeralCache: false,
    // The library would admit on its own time-out and report zeros; ours is the Redis client's.
    timeout: 0,
  });
  return async function slide(key, cost, waitUntil) {
    const charge = () => ratelimit.limit(key, { rate: cost });
    const { success, remaining, reset } = await availability.ask(charge, waitUntil);
    const resetSeconds = Math.max(1, Math.ceil((reset - now()) / 1000));
    return {
      admitted: success,
      standing: { remaining: Math.max(0, remaining), resetSeconds },
      retryAfterSeconds: resetSeconds,
      refund: () => {
        // In another window it would be a gift.
        if (now() < reset) waitUntil(ratelimit.limit(key, { rate: -cost }).catch(() => undefined));
      },
    };
  };
}
