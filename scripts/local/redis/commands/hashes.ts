import type { Keyspace } from "../keyspace.ts";
import { add, parseInteger } from "../numbers.ts";
import { OK, RedisError } from "../reply.ts";
import { type CommandTable, pairsOf } from "./definition.ts";

function put(keys: Keyspace, key: string, flat: readonly string[]): number {
  const hash = keys.ensureHash(key);
  const before = hash.size;
  for (const [field, value] of pairsOf(flat)) hash.set(field, value);
  return hash.size - before;
}

function remove(keys: Keyspace, key: string, fields: readonly string[]): number {
  const hash = keys.hash(key);
  if (hash === null) return 0;
  const removed = fields.filter((field) => hash.delete(field)).length;
  if (hash.size === 0) keys.delete(key);
  return removed;
}

function increment(keys: Keyspace, key: string, field: string, by: bigint): number {
  const current = keys.hash(key)?.get(field) ?? "0";
  if (!/^-?\d+$/.test(current)) throw new RedisError("ERR hash value is not an integer");
  const sum = add(parseInteger(current), by);
  keys.ensureHash(key).set(field, String(sum));
  return Number(sum);
}

export const hashes: CommandTable = {
  HGET: { min: 2, max: 2, run: (keys, [key = "", field = ""]) => keys.hash(key)?.get(field) ?? null },
  HMGET: {
    min: 2,
    run: (keys, [key = "", ...fields]) => {
      const hash = keys.hash(key);
      return fields.map((field) => hash?.get(field) ?? null);
    },
  },
  HGETALL: { min: 1, max: 1, run: (keys, [key = ""]) => [...(keys.hash(key) ?? [])].flat() },
  HKEYS: { min: 1, max: 1, run: (keys, [key = ""]) => [...(keys.hash(key)?.keys() ?? [])] },
  HVALS: { min: 1, max: 1, run: (keys, [key = ""]) => [...(keys.hash(key)?.values() ?? [])] },
  HLEN: { min: 1, max: 1, run: (keys, [key = ""]) => keys.hash(key)?.size ?? 0 },
  HEXISTS: {
    min: 2,
    max: 2,
    run: (keys, [key = "", field = ""]) => (keys.hash(key)?.has(field) ? 1 : 0),
  },
  HSET: { min: 3, group: 2, run: (keys, [key = "", ...flat]) => put(keys, key, flat) },
  HMSET: {
    min: 3,
    group: 2,
    run: (keys, [key = "", ...flat]) => {
      put(keys, key, flat);
      return OK;
    },
  },
  HSETNX: {
    min: 3,
    max: 3,
    run: (keys, [key = "", field = "", value = ""]) =>
      keys.hash(key)?.has(field) ? 0 : put(keys, key, [field, value]),
  },
  HDEL: { min: 2, run: (keys, [key = "", ...fields]) => remove(keys, key, fields) },
  HINCRBY: {
    min: 3,
    max: 3,
    run: (keys, [key = "", field = "", by = ""]) => increment(keys, key, field, parseInteger(by)),
  },
};
