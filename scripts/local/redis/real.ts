import { Redis } from "ioredis";
import { StartError } from "../start-error.ts";
import type { Backend, Command } from "./backend.ts";
import { digestOf } from "./lua.ts";
import { RedisError, type Reply } from "./reply.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Commands to a Redis server.
 * @param url `redis://` or `rediss://`
 * @throws StartError when it cannot be reached
 */
export async function realRedis(url: string): Promise<Backend> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  let lastError = "";
  // Commands reject by themselves; without a listener the process would end.
  redis.on("error", (error: Error) => {
    lastError = error.message;
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    const { host } = new URL(url);
    throw new StartError(`Redis at ${host} cannot be reached: ${lastError || String(error)}.`);
  }
  const translate = scriptTranslator();
  const send = ([name = "", ...args]: Command): Promise<unknown> =>
    redis.callBuffer(
      // ioredis rearranges the replies of some commands, which it knows by their lower-case names.
      name.toUpperCase(),
      args.map((arg) => Buffer.from(arg, "latin1")),
    );
  return {
    execute: (command) => settle(send(translate(command))),
    // Sent in one go on one connection, so nothing of another request comes between.
    transaction: async (commands) => {
      const sent = [["MULTI"], ...commands.map(translate), ["EXEC"]].map((command) => settle(send(command)));
      return (await Promise.all(sent)).at(-1) ?? null;
    },
    close: async () => {
      redis.disconnect();
    },
  };
}

async function settle(reply: Promise<unknown>): Promise<Reply> {
  try {
    return replyOf(await reply);
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return new RedisError(error.message);
    throw error;
  }
}

function replyOf(value: unknown): Reply {
  if (Buffer.isBuffer(value)) return value.toString("latin1");
  if (Array.isArray(value)) return value.map(replyOf);
  if (value instanceof Error) return new RedisError(value.message);
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  throw new Error(`Redis answered a ${typeof value}`);
}

/**
 * @upstash/ratelimit's scripts begin with a flag that only Upstash knows and Redis refuses. The line
 * is blanked, which changes the digest, so digests of the original are mapped to the script that ran.
 */
function scriptTranslator(): (command: Command) => Command {
  const digests = new Map<string, string>();
  return function translate(command) {
    const [name = "", script = "", ...rest] = command;
    if (/^EVALSHA(?:_RO)?$/i.test(name)) return [name, digests.get(script) ?? script, ...rest];
    if (!/^EVAL(?:_RO)?$/i.test(name)) return command;
    const accepted = script.replace(/^#!lua [^\n]*\ballow-key-locking\b[^\n]*/, "");
    if (accepted !== script) digests.set(digestOf(script), digestOf(accepted));
    return [name, accepted, ...rest];
  };
}
