import type { Redis } from "@upstash/redis";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/schema";
import {
  BEAT_KEY,
  BIRTH_FIELD,
  ERA_KEY,
  VERSIONS_TTL_SECONDS,
  versionsKey,
  WATERMARK_KEY,
} from "#shared/freshness.ts";
import { LOG_NAME_LENGTH, REVOCATIONS_ERA_KEY, revocationsKey } from "#shared/revocation.ts";
import { fingerprint } from "../fingerprint.ts";
import type { ReadSnapshot, Snapshot } from "./snapshot.ts";

/**
 * Watermark, age of the relay's last beat (-1: none), versions and the place that the log of revocations
 * has come to, of one moment: no write can fall between them. Versions that are missing, or of another era, are born under the name ARGV[1].
 */
const READ = `
local era = redis.call('GET', KEYS[4]) or ''
local birth = redis.call('HGET', KEYS[3], '${BIRTH_FIELD}')
if not birth or string.sub(birth, 1, #era + 1) ~= era .. ' ' then
  redis.call('DEL', KEYS[3])
  redis.call('HSET', KEYS[3], '${BIRTH_FIELD}', era .. ' ' .. ARGV[1])
  redis.call('EXPIRE', KEYS[3], ${VERSIONS_TTL_SECONDS})
end
local beat = redis.call('GET', KEYS[2])
local age = -1
if beat then
  local now = redis.call('TIME')
  age = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(beat)
end
return {redis.call('GET', KEYS[1]) or '0', age, redis.call('HGETALL', KEYS[3]),
  redis.call('GETRANGE', KEYS[5], 0, ${LOG_NAME_LENGTH - 1}), redis.call('STRLEN', KEYS[5]),
  redis.call('GET', KEYS[6]) == era and 1 or 0}
`;

const Text = Type.Union([Type.String(), Type.Number()]);
const Answer = Compile(
  Type.Tuple([Text, Type.Number(), Type.Array(Text), Type.String(), Type.Integer(), Type.Integer()]),
);

const SnapshotData = Type.Object({
  readAt: Type.Number(),
  watermark: Type.Number(),
  beatAgeMs: Type.Union([Type.Number(), Type.Null()]),
  /** The versions, and the name of this set of them, as Redis has them. */
  fields: Type.Record(Type.String(), Type.String()),
  /** The log's name and length, and whether Redis has those of all tenants (shared/revocation.ts). */
  revocations: Type.Object({ name: Type.String(), length: Type.Integer(), isComplete: Type.Boolean() }),
});
/** A snapshot as plain data: what isolates pass on to one another (shared-snapshot.ts). */
export type SnapshotData = Static<typeof SnapshotData>;
const snapshotCheck = Compile(SnapshotData);

/** Checks what another isolate, perhaps of another version of this code, has written. */
export function isSnapshotData(data: unknown): data is SnapshotData {
  return snapshotCheck.Check(data);
}

export type ReadData = (tenantId: string) => Promise<SnapshotData>;

/**
 * Reads a tenant's snapshot from Redis in one command.
 * @param now milliseconds since the epoch
 */
export function redisSnapshots(redis: Redis, now: () => number): ReadData {
  return async function readData(tenantId) {
    const readAt = now();
    const keys = [
      WATERMARK_KEY,
      BEAT_KEY,
      versionsKey(tenantId),
      ERA_KEY,
      revocationsKey(tenantId),
      REVOCATIONS_ERA_KEY,
    ];
    const answer: unknown = await redis.eval(READ, keys, [crypto.randomUUID()]);
    if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not a snapshot");
    const [watermark, beatAgeMs, flat, name, length, isComplete] = answer;
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
    return {
      readAt,
      watermark: Number(watermark),
      beatAgeMs: beatAgeMs < 0 ? null : beatAgeMs,
      fields,
      revocations: { name, length, isComplete: isComplete === 1 },
    };
  };
}

/** A field that no write has touched since the versions were born. */
const UNTOUCHED = "0";

export function snapshotOf({ fields, ...moment }: SnapshotData): Snapshot {
  const versions = new Map(Object.entries(fields));
  // The relay's name of the era has two words; without one, only the random part is there.
  const [name = "", era = "", database = ""] = versions.get(BIRTH_FIELD)?.split(" ").reverse() ?? [];
  return {
    ...moment,
    history: fingerprint(database),
    historyBeganAt: (Number.parseInt(era, 10) || 0) * 1000,
    // It is enough to tell these versions from all others.
    versions: (field) => `${name}.${versions.get(field) ?? UNTOUCHED}`,
  };
}

/** For one isolate alone: Redis is asked each time. */
export function ownSnapshots(read: ReadData): ReadSnapshot {
  return async (tenantId) => snapshotOf(await read(tenantId));
}
