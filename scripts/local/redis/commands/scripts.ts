import type { Lua } from "../lua.ts";
import { parseInteger } from "../numbers.ts";
import { OK, RedisError, type Reply } from "../reply.ts";
import type { CommandDefinition, CommandTable } from "./definition.ts";

/** The commands about Lua; scripts themselves may not call them. */
export function scriptCommands(lua: Lua): CommandTable {
  function evaluation(digestOf: (script: string) => string): CommandDefinition {
    return {
      min: 2,
      run: (_, [script = "", count = "", ...rest]) => {
        const keyCount = Number(parseInteger(count));
        if (keyCount < 0) throw new RedisError("ERR Number of keys can't be negative");
        if (keyCount > rest.length) {
          throw new RedisError("ERR Number of keys can't be greater than number of args");
        }
        return lua.run(digestOf(script), rest.slice(0, keyCount), rest.slice(keyCount));
      },
    };
  }

  function script(subcommand: string, args: readonly string[]): Reply {
    switch (subcommand.toUpperCase()) {
      case "LOAD":
        return lua.load(args[0] ?? "");
      case "EXISTS":
        return args.map((digest) => (lua.has(digest.toLowerCase()) ? 1 : 0));
      case "FLUSH":
        lua.forgetAll();
        return OK;
      default:
        throw new RedisError(`ERR unknown subcommand '${subcommand}'. Try SCRIPT HELP.`);
    }
  }

  const byText = evaluation((text) => lua.load(text));
  const byDigest = evaluation((digest) => digest.toLowerCase());
  return {
    EVAL: byText,
    EVAL_RO: byText,
    EVALSHA: byDigest,
    EVALSHA_RO: byDigest,
    SCRIPT: { min: 1, run: (_, [subcommand = "", ...args]) => script(subcommand, args) },
  };
}
