import type { Keyspace } from "../keyspace.ts";
import { add, parseInteger } from "../numbers.ts";
import { OK, RedisError, type Reply } from "../reply.ts";
import { argument, type CommandTable, pairsOf } from "./definition.ts";

type SetOptions = {
  when?: "absent" | "present";
  get?: boolean;
  /** `kept`: the key keeps the expiry it has. */
  expiry?: number | "kept";
};

const syntaxError = () => new RedisError("ERR syntax error");

function expiryOption(unit: string, amount: string | undefined, now: number): number {
  if (amount === undefined) throw syntaxError();
  const value = Number(parseInteger(amount));
  if (value <= 0) throw new RedisError("ERR invalid expire time in 'set' command");
  const milliseconds = unit.startsWith("P") ? value : value * 1000;
  return unit.endsWith("AT") ? milliseconds : now + milliseconds;
}

function setOptions(words: readonly string[], now: number): SetOptions {
  const options: SetOptions = {};
  const choose = <Name extends keyof SetOptions>(name: Name, value: SetOptions[Name]) => {
    if (options[name] !== undefined) throw syntaxError();
    options[name] = value;
  };
  for (let i = 0; i < words.length; i++) {
    const word = argument(words, i).toUpperCase();
    if (word === "GET") choose("get", true);
    else if (word === "NX") choose("when", "absent");
    else if (word === "XX") choose("when", "present");
    else if (word === "KEEPTTL") choose("expiry", "kept");
    else if (/^[EP]X(?:AT)?$/.test(word)) choose("expiry", expiryOption(word, words[++i], now));
    else throw syntaxError();
  }
  return options;
}

function set(keys: Keyspace, key: string, value: string, options: SetOptions): Reply {
  const before = options.get ? keys.string(key) : null;
  const exists = keys.typeOf(key) !== "none";
  const refused = (options.when === "absent" && exists) || (options.when === "present" && !exists);
  if (!refused) keys.setString(key, value, options.expiry === "kept" ? undefined : (options.expiry ?? null));
  if (options.get) return before;
  return refused ? null : OK;
}

function increment(keys: Keyspace, key: string, by: bigint): number {
  const sum = add(parseInteger(keys.string(key) ?? "0"), by);
  keys.setString(key, String(sum));
  return Number(sum);
}

/** Redis counts bytes, which are the characters here; -1 is the last one. */
function range(text: string, start: bigint, end: bigint): string {
  const at = (index: bigint) => Number(index < 0n ? index + BigInt(text.length) : index);
  return text.slice(Math.max(0, at(start)), Math.max(0, at(end) + 1));
}

export const strings: CommandTable = {
  GET: { min: 1, max: 1, run: (keys, [key = ""]) => keys.string(key) },
  GETDEL: {
    min: 1,
    max: 1,
    run: (keys, [key = ""]) => {
      const value = keys.string(key);
      keys.delete(key);
      return value;
    },
  },
  MGET: {
    min: 1,
    run: (keys, names) => names.map((key) => (keys.typeOf(key) === "string" ? keys.string(key) : null)),
  },
  SET: {
    min: 2,
    run: (keys, [key = "", value = "", ...words]) => set(keys, key, value, setOptions(words, keys.now)),
  },
  APPEND: {
    min: 2,
    max: 2,
    run: (keys, [key = "", more = ""]) => {
      const text = (keys.string(key) ?? "") + more;
      keys.setString(key, text);
      return text.length;
    },
  },
  STRLEN: { min: 1, max: 1, run: (keys, [key = ""]) => keys.string(key)?.length ?? 0 },
  GETRANGE: {
    min: 3,
    max: 3,
    run: (keys, [key = "", start = "", end = ""]) =>
      range(keys.string(key) ?? "", parseInteger(start), parseInteger(end)),
  },
  SETNX: {
    min: 2,
    max: 2,
    run: (keys, [key = "", value = ""]) => {
      if (keys.typeOf(key) !== "none") return 0;
      keys.setString(key, value, null);
      return 1;
    },
  },
  MSET: {
    min: 2,
    group: 2,
    run: (keys, flat) => {
      for (const [key, value] of pairsOf(flat)) keys.setString(key, value, null);
      return OK;
    },
  },
  INCR: { min: 1, max: 1, run: (keys, [key = ""]) => increment(keys, key, 1n) },
  DECR: { min: 1, max: 1, run: (keys, [key = ""]) => increment(keys, key, -1n) },
  INCRBY: { min: 2, max: 2, run: (keys, [key = "", by = ""]) => increment(keys, key, parseInteger(by)) },
  DECRBY: { min: 2, max: 2, run: (keys, [key = "", by = ""]) => increment(keys, key, -parseInteger(by)) },
};
