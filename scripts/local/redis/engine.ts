import type { Backend, Command } from "./backend.ts";
import type { CommandDefinition, CommandTable } from "./commands/definition.ts";
import { hashes } from "./commands/hashes.ts";
import { keyCommands } from "./commands/keys.ts";
import { scriptCommands } from "./commands/scripts.ts";
import { server } from "./commands/server.ts";
import { strings } from "./commands/strings.ts";
import { Keyspace } from "./keyspace.ts";
import { Lua } from "./lua.ts";
import { RedisError, type Reply } from "./reply.ts";

const DATA_COMMANDS: CommandTable = { ...strings, ...hashes, ...keyCommands, ...server };

/**
 * The commands of Redis that this system and @upstash/ratelimit's limiters use, in process, for
 * machines without a Redis. tests/conformance/redis.test.ts holds it against the real one.
 * @param now milliseconds since the epoch
 */
export function inProcessRedis(now: () => number = Date.now): Backend {
  const keys = new Keyspace();
  const lua = new Lua((command) => attempt(DATA_COMMANDS, command));
  const commands: CommandTable = { ...DATA_COMMANDS, ...scriptCommands(lua) };

  function attempt(table: CommandTable, [name = "", ...args]: Command): Reply {
    try {
      return find(table, name, args).run(keys, args);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  function execute(command: Command): Reply {
    // Nothing expires within a command, scripts included.
    keys.now = now();
    return attempt(commands, command);
  }

  return {
    execute: async (command) => execute(command),
    transaction: async (list) => refusal(commands, list) ?? list.map(execute),
    close: async () => keys.clear(),
  };
}

/** @throws RedisError when there is no such command, or not with that many arguments */
function find(table: CommandTable, name: string, args: readonly string[]): CommandDefinition {
  const command = Object.hasOwn(table, name.toUpperCase()) ? table[name.toUpperCase()] : undefined;
  if (command === undefined) {
    const beginning = args.map((arg) => `'${arg}' `).join("");
    throw new RedisError(`ERR unknown command '${name}', with args beginning with: ${beginning}`);
  }
  const { min, max = Number.POSITIVE_INFINITY, group = 1 } = command;
  if (args.length < min || args.length > max || (args.length - min) % group !== 0) {
    throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }
  return command;
}

/** As EXEC refuses a transaction that a command could not even join. */
function refusal(table: CommandTable, list: readonly Command[]): RedisError | null {
  try {
    for (const [name = "", ...args] of list) find(table, name, args);
    return null;
  } catch {
    return new RedisError("EXECABORT Transaction discarded because of previous errors.");
  }
}
