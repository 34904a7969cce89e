import type { Keyspace } from "../keyspace.ts";
import { parseInteger } from "../numbers.ts";
import { RedisError, type Reply, Status } from "../reply.ts";
import { argument, type CommandDefinition, type CommandTable } from "./definition.ts";

type Condition = (current: number | null, next: number) => boolean;

/** An expiry option of Redis 7; a key without expiry counts as one that expires last. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  NX: (current) => current === null,
  XX: (current) => current !== null,
  GT: (current, next) => current !== null && next > current,
  LT: (current, next) => current === null || next < current,
};

/** @param unitMs milliseconds in one unit of the argument */
function expire(unitMs: number, absolute: boolean): CommandDefinition {
  return {
    min: 2,
    max: 3,
    run: (keys, [key = "", amount = "", option]) => {
      const expiresAt = Number(parseInteger(amount)) * unitMs + (absolute ? 0 : keys.now);
      const condition = option === undefined ? () => true : CONDITIONS[option.toUpperCase()];
      if (condition === undefined) throw new RedisError(`ERR Unsupported option ${option}`);
      const current = keys.expiryOf(key);
      if (current === undefined || !condition(current, expiresAt)) return 0;
      return keys.expireAt(key, expiresAt) ? 1 : 0;
    },
  };
}

function remaining(unitMs: number): CommandDefinition {
  return {
    min: 1,
    max: 1,
    run: (keys, [key = ""]) => {
      const expiresAt = keys.expiryOf(key);
      if (expiresAt === undefined) return -2;
      return expiresAt === null ? -1 : Math.round((expiresAt - keys.now) / unitMs);
    },
  };
}

function count(test: (keys: Keyspace, key: string) => boolean): CommandDefinition {
  return { min: 1, run: (keys, names) => names.filter((key) => test(keys, key)).length };
}

/** A glob (`*`, `?`, `[...]`, backslash) as Redis reads it. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g, (part) => {
    if (part === "*") return "[\\s\\S]*";
    if (part === "?") return "[\\s\\S]";
    if (part.startsWith("[") && part.length > 1) return part;
    const literal = part.startsWith("\\") ? part.slice(1) : part;
    return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`);
}

/** Everything in one go: cursor 0 at once, which the protocol allows. */
function scan(keys: Keyspace, [cursor = "", ...options]: readonly string[]): Reply {
  if (!/^\d+$/.test(cursor)) throw new RedisError("ERR invalid cursor");
  let names = keys.keys();
  for (let i = 0; i < options.length; i += 2) {
    const value = options[i + 1];
    if (value === undefined) throw new RedisError("ERR syntax error");
    switch (argument(options, i).toUpperCase()) {
      case "MATCH":
        names = matching(names, value);
        break;
      case "TYPE":
        names = names.filter((key) => keys.typeOf(key) === value.toLowerCase());
        break;
      case "COUNT":
        parseInteger(value);
        break;
      default:
        throw new RedisError("ERR syntax error");
    }
  }
  return ["0", names];
}

function matching(names: readonly string[], glob: string): string[] {
  const pattern = globPattern(glob);
  return names.filter((key) => pattern.test(key));
}

export const keyCommands: CommandTable = {
  DEL: count((keys, key) => keys.delete(key)),
  UNLINK: count((keys, key) => keys.delete(key)),
  EXISTS: count((keys, key) => keys.typeOf(key) !== "none"),
  TYPE: { min: 1, max: 1, run: (keys, [key = ""]) => new Status(keys.typeOf(key)) },
  EXPIRE: expire(1000, false),
  PEXPIRE: expire(1, false),
  EXPIREAT: expire(1000, true),
  PEXPIREAT: expire(1, true),
  PERSIST: {
    min: 1,
    max: 1,
    run: (keys, [key = ""]) => (keys.expiryOf(key) && keys.expireAt(key, null) ? 1 : 0),
  },
  TTL: remaining(1000),
  PTTL: remaining(1),
  KEYS: { min: 1, max: 1, run: (keys, [glob = ""]) => matching(keys.keys(), glob) },
  SCAN: { min: 1, run: scan },
};
