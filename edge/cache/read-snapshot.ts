import type { Redis } from "@upstash/redis";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { versionsKey, WATERMARK_KEY } from "#shared/freshness.ts";
import type { ReadSnapshot } from "./snapshot.ts";

/** Watermark and versions of one moment: no write can fall between the two. */
const READ = "return {redis.call('GET', KEYS[1]) or '0', redis.call('HGETALL', KEYS[2])}";

const Text = Type.Union([Type.String(), Type.Number()]);
const Answer = Compile(Type.Tuple([Text, Type.Array(Text)]));

/** Reads a tenant's snapshot from Redis in one command. */
export function redisSnapshots(redis: Redis): ReadSnapshot {
  return async function readSnapshot(tenantId) {
    const answer: unknown = await redis.eval(READ, [WATERMARK_KEY, versionsKey(tenantId)], []);
    if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not a snapshot");
    const [watermark, flat] = answer;
    const versions = new Map<string, string>();
    for (let i = 0; i + 1 < flat.length; i += 2) versions.set(String(flat[i]), String(flat[i + 1]));
    return { watermark: Number(watermark), versions };
  };
}
