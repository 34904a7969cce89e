import type { Redis } from "@upstash/redis";
import { BEAT_KEY, MAX_BEAT_AGE_MS } from "#shared/freshness.ts";

const AGE = `
local beat = redis.call('GET', KEYS[1])
if not beat then return -1 end
local now = redis.call('TIME')
return now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(beat)`;

/**
 * Checks what edges check before they trust the versions: that some relay has published lately.
 * @throws Error when none has, or Redis cannot be asked
 */
export async function checkBeat(redis: Redis): Promise<void> {
  const ageMs: unknown = await redis.eval(AGE, [BEAT_KEY], []);
  if (typeof ageMs !== "number" || ageMs < 0 || ageMs > MAX_BEAT_AGE_MS) {
    throw new Error("no relay has published lately");
  }
}
