import { randomUUID } from "node:crypto";
import type { Redis } from "@upstash/redis";
import Type from "typebox";
import { Compile } from "typebox/schema";
import { ERA_KEY } from "#shared/freshness.ts";
import {
  formatRevocation,
  REVOCATIONS_ERA_KEY,
  type Revocation,
  revocationsKey,
} from "#shared/revocation.ts";

/** A longer log is written anew: most of it has been superseded or has expired. */
const MAX_LOG_BYTES = 2_000_000;

/**
 * Appends to a log and answers -1, or its length where it must be written anew: it is missing (0), so
 * that what was before would not be in it, or it has grown too long.
 */
const APPEND = `
local length = redis.call('STRLEN', KEYS[1])
if length == 0 or length > ${MAX_LOG_BYTES} then return length end
redis.call('APPEND', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[1], ARGV[2], 'GT')
return -1`;

/**
 * Writes a log anew, if it is still as long and the era still the same: a request that was on its way
 * while Redis lost its data, or another relay was at work, must not undo what that one wrote.
 */
const REWRITE = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] or redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
redis.call('EXPIREAT', KEYS[1], ARGV[4])
return 1`;

/** Which of the logs are missing, by their place. */
const MISSING = `
local missing = {}
for k = 1, #KEYS do
  if redis.call('EXISTS', KEYS[k]) == 0 then missing[#missing + 1] = k end
end
return missing`;

/** Declares that all revocations are in Redis. */
const COMPLETE = `
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`;

const Places = Compile(Type.Array(Type.Integer()));

/** The logs of revocations in Redis. */
export type RevocationLogs = {
  /** @returns -1, or the length of a log that must be written anew: 0 where it is missing */
  readonly append: (tenantId: string, more: readonly Revocation[]) => Promise<number>;
  /**
   * @param length of the log that it replaces
   * @throws Error when that one is not there any more
   */
  readonly rewrite: (
    era: string,
    tenantId: string,
    all: readonly Revocation[],
    length: number,
  ) => Promise<void>;
  readonly missing: (tenantIds: readonly string[]) => Promise<readonly string[]>;
  readonly complete: (era: string) => Promise<void>;
};

export function redisRevocationLogs(redis: Redis): RevocationLogs {
  return {
    async append(tenantId, more) {
      const answer: unknown = await redis.eval(
        APPEND,
        [revocationsKey(tenantId)],
        [linesOf(more), end(more)],
      );
      if (typeof answer !== "number") throw new Error("Redis gave an answer that is not a length");
      return answer;
    },

    async rewrite(era, tenantId, all, length) {
      const text = `${randomUUID()}\n${linesOf(all)}`;
      const keys = [revocationsKey(tenantId), ERA_KEY];
      const done: unknown = await redis.eval(REWRITE, keys, [era, String(length), text, end(all)]);
      if (done !== 1) throw new Error("a log of revocations was changed by another");
    },

    async missing(tenantIds) {
      if (tenantIds.length === 0) return [];
      const places: unknown = await redis.eval(MISSING, tenantIds.map(revocationsKey), []);
      if (!Places.Check(places)) throw new Error("Redis gave an answer that is not a list of places");
      return tenantIds.filter((_, index) => places.includes(index + 1));
    },

    async complete(era) {
      await redis.eval(COMPLETE, [REVOCATIONS_ERA_KEY, ERA_KEY], [era]);
    },
  };
}

const linesOf = (revocations: readonly Revocation[]) => revocations.map(formatRevocation).join("");

/** When the last one may be forgotten, in seconds since the epoch. */
const end = (revocations: readonly Revocation[]) =>
  String(Math.max(...revocations.map(({ expiresAt }) => expiresAt)));
