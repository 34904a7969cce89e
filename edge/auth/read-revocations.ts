import type { Redis } from "@upstash/redis";
import Type from "typebox";
import { Compile } from "typebox/schema";
import { LOG_NAME_LENGTH, revocationsKey } from "#shared/revocation.ts";
import type { LogPart, LogPosition } from "./revocation-list.ts";

/** The log's name, its length, and what follows ARGV[2] if it has the name ARGV[1], else all of it. */
const READ = `
local name = redis.call('GETRANGE', KEYS[1], 0, ${LOG_NAME_LENGTH - 1})
local from = name == ARGV[1] and ARGV[2] or ${LOG_NAME_LENGTH}
return {name, redis.call('STRLEN', KEYS[1]), redis.call('GETRANGE', KEYS[1], from, -1)}`;

const Answer = Compile(Type.Tuple([Type.String(), Type.Integer(), Type.String()]));

export type ReadLog = (tenantId: string, after: LogPosition) => Promise<LogPart>;

/** Reads what a tenant's log of revocations says after a place in it. */
export function redisRevocations(redis: Redis): ReadLog {
  return async function readLog(tenantId, { name, length }) {
    const answer: unknown = await redis.eval(READ, [revocationsKey(tenantId)], [name, String(length)]);
    if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not a log of revocations");
    return { name: answer[0], length: answer[1], text: answer[2] };
  };
}
