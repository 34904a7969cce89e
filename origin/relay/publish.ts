import { randomUUID } from "node:crypto";
import type { Redis } from "@upstash/redis";
import Type from "typebox";
import { Compile } from "typebox/schema";
import {
  BEAT_KEY,
  BIRTH_FIELD,
  ERA_KEY,
  itemField,
  listField,
  VERSIONS_TTL_SECONDS,
  versionsKey,
  WATERMARK_KEY,
} from "#shared/freshness.ts";
import { REVOCATIONS_ERA_KEY } from "#shared/revocation.ts";
import type { Era } from "./revocations.ts";
import type { OutboxRow, Undelivered } from "./store.ts";

/**
 * Publishes versions, watermark and a sign of life at one moment: an edge that reads the watermark has
 * the versions. Within an era everything is max-merged, never counted up, so that publishing twice, or
 * late, changes nothing; versions that were missing are born.
 *
 * KEYS: watermark, beat, era, era of the revocations, then one hash a tenant. ARGV: watermark, next transaction id, database,
 * version, the name of what is born, then for each hash the number of its fields and their names.
 */
const PUBLISH = `
local function isOf(name, owner) return name and string.sub(name, 1, #owner + 1) == owner .. ' ' end
local era = redis.call('GET', KEYS[3])
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
local now = redis.call('TIME')
if not isOf(era, ARGV[3]) or known > tonumber(ARGV[2]) then
  era, known = ARGV[3] .. ' ' .. now[1] .. '-' .. ARGV[5], -1
  redis.call('SET', KEYS[3], era)
end
if tonumber(ARGV[1]) > known then redis.call('SET', KEYS[1], ARGV[1]) end
local at = 6
for k = 5, #KEYS do
  if not isOf(redis.call('HGET', KEYS[k], '${BIRTH_FIELD}'), era) then
    redis.call('DEL', KEYS[k])
    redis.call('HSET', KEYS[k], '${BIRTH_FIELD}', era .. ' ' .. ARGV[5])
  end
  redis.call('EXPIRE', KEYS[k], ${VERSIONS_TTL_SECONDS})
  local fields = tonumber(ARGV[at])
  for i = at + 1, at + fields do
    local version = tonumber(redis.call('HGET', KEYS[k], ARGV[i]) or '0')
    if tonumber(ARGV[4]) > version then redis.call('HSET', KEYS[k], ARGV[i], ARGV[4]) end
  end
  at = at + fields + 1
end
redis.call('SET', KEYS[2], now[1] * 1000 + math.floor(now[2] / 1000))
return {era, redis.call('GET', KEYS[4]) == era and 1 or 0}`;

const Answer = Compile(Type.Tuple([Type.String(), Type.Integer()]));

export type Publish = (undelivered: Undelivered, version: string) => Promise<Era>;

/** Publishes through Upstash's REST protocol. Rejects when Redis does not confirm. */
export function redisPublisher(redis: Redis): Publish {
  return async function publish({ rows, watermark, next, database }, version) {
    const tenants = [...fieldsByTenant(rows)];
    const hashes = tenants.map(([tenantId]) => versionsKey(tenantId));
    const keys = [WATERMARK_KEY, BEAT_KEY, ERA_KEY, REVOCATIONS_ERA_KEY, ...hashes];
    const fields = tenants.flatMap(([, names]) => [String(names.size), ...names]);
    const argv = [watermark, next, database, version, randomUUID(), ...fields];
    const answer: unknown = await redis.eval(PUBLISH, keys, argv);
    if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not an era");
    const [name, hasRevocations] = answer;
    return { name, hasRevocations: hasRevocations === 1 };
  };
}

function fieldsByTenant(rows: readonly OutboxRow[]): Map<string, Set<string>> {
  const byTenant = new Map<string, Set<string>>();
  for (const { tenantId, collection, itemId } of rows) {
    const fields = byTenant.get(tenantId) ?? new Set();
    byTenant.set(tenantId, fields.add(listField(collection)).add(itemField(collection, itemId)));
  }
  return byTenant;
}
