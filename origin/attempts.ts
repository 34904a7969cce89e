import { createHash } from "node:crypto";
import type { Redis } from "@upstash/redis";
import type { Breaker } from "./breaker.ts";

/** How often something was tried in the window that its first try began. */
export type Attempts = { readonly current: number /** Milliseconds. */; readonly ttl: number };

/** Counts one try of what `key` names. @param windowMs how long the first try is remembered */
export type CountAttempt = (key: string, windowMs: number) => Promise<Attempts>;

const COUNT = `
local tries = redis.call('INCR', KEYS[1])
if tries == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {tries, redis.call('PTTL', KEYS[1])}`;

const MAX_LOCAL_KEYS = 10_000;

/**
 * Counts in Redis, for all origins together; by itself while Redis is away, so that a flood of guesses
 * does not get through just then. Names of accounts are hashed: Redis has no use for them.
 * @param breaker keeps those who log in from waiting for a Redis that does not answer
 */
export function attemptCounter(
  redis: Pick<Redis, "eval">,
  breaker: Pick<Breaker, "check" | "execute">,
  now: () => number,
): CountAttempt {
  const countLocally = localCounter(now);
  return async function countAttempt(key, windowMs) {
    const name = `gatehouse:attempts:${createHash("sha256").update(key).digest("base64url")}`;
    try {
      breaker.check();
      const count = () => redis.eval<[number], [number, number]>(COUNT, [name], [windowMs]);
      const [current, ttl] = await breaker.execute(count);
      return { current, ttl };
    } catch {
      return countLocally(name, windowMs);
    }
  };
}

function localCounter(now: () => number) {
  const windows = new Map<string, { tries: number; endsAt: number }>();
  return function countLocally(name: string, windowMs: number): Attempts {
    const known = windows.get(name);
    if (known !== undefined && known.endsAt > now()) {
      known.tries++;
      return { current: known.tries, ttl: known.endsAt - now() };
    }
    if (windows.size >= MAX_LOCAL_KEYS) windows.clear();
    windows.set(name, { tries: 1, endsAt: now() + windowMs });
    return { current: 1, ttl: windowMs };
  };
}
