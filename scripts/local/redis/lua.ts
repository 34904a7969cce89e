import { createHash } from "node:crypto";
import type { Command } from "./backend.ts";
import { PRELUDE } from "./lua-prelude.ts";
import { fromLua, type LuaState, lauxlib, lua, lualib, toLua } from "./lua-runtime.ts";
import { popReply, pushReply } from "./lua-values.ts";
import { formatNumber } from "./numbers.ts";
import { RedisError, type Reply } from "./reply.ts";

/** The digest by which EVALSHA names a script. */
export function digestOf(script: string): string {
  return createHash("sha1").update(script, "latin1").digest("hex");
}

/**
 * Runs scripts as Redis's EVAL does. A script runs to its end before anything else does, which is
 * what makes it atomic. `cjson`, `cmsgpack`, `struct` and `bit` are not there.
 */
export class Lua {
  readonly #state: LuaState;
  readonly #functions = new Map<string, number>();
  readonly #execute: (command: Command) => Reply;

  /** @param execute runs a command of a script; answers errors rather than throwing them */
  constructor(execute: (command: Command) => Reply) {
    this.#execute = execute;
    this.#state = this.#newState();
  }

  /** @throws RedisError when it does not compile */
  load(script: string): string {
    const digest = digestOf(script);
    if (!this.#functions.has(digest)) this.#functions.set(digest, this.#compile(script, "@user_script"));
    return digest;
  }

  has(digest: string): boolean {
    return this.#functions.has(digest);
  }

  forgetAll(): void {
    this.#functions.clear();
  }

  /** @throws RedisError NOSCRIPT, or with what the script raised */
  run(digest: string, keys: readonly string[], args: readonly string[]): Reply {
    const L = this.#state;
    const reference = this.#functions.get(digest);
    if (reference === undefined) throw new RedisError("NOSCRIPT No matching script. Please use EVAL.");
    this.#setGlobal("KEYS", keys);
    this.#setGlobal("ARGV", args);
    lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, reference);
    const status = lua.lua_pcall(L, 0, 1, 0);
    if (status === lua.LUA_OK) return popReply(L);
    throw this.#raised(digest);
  }

  #newState(): LuaState {
    const L = lauxlib.luaL_newstate();
    const { luaopen_base, luaopen_math, luaopen_string, luaopen_table } = lualib;
    const libraries = { _G: luaopen_base, math: luaopen_math, string: luaopen_string, table: luaopen_table };
    for (const [name, open] of Object.entries(libraries)) {
      lauxlib.luaL_requiref(L, toLua(name), open, true);
    }
    lua.lua_settop(L, 0);
    lua.lua_pushglobaltable(L);
    lua.lua_pushstring(L, toLua("redis"));
    lua.lua_createtable(L, 0, 8);
    this.#setFunction(L, "pcall", (L) => this.#call(L));
    this.#setFunction(L, "sha1hex", (L) => {
      lua.lua_pushstring(L, toLua(digestOf(fromLua(lua.lua_tostring(L, 1)))));
      return 1;
    });
    lua.lua_rawset(L, -3);
    lua.lua_pop(L, 1);
    const prelude = compile(L, PRELUDE, "@prelude");
    lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, prelude);
    if (lua.lua_pcall(L, 0, 0, 0) !== lua.LUA_OK) throw new Error(fromLua(lua.lua_tostring(L, -1)));
    return L;
  }

  #setFunction(L: LuaState, name: string, run: (L: LuaState) => number): void {
    lua.lua_pushstring(L, toLua(name));
    lua.lua_pushjsfunction(L, run);
    lua.lua_rawset(L, -3);
  }

  #setGlobal(name: string, values: readonly string[]): void {
    const L = this.#state;
    lua.lua_pushglobaltable(L);
    lua.lua_pushstring(L, toLua(name));
    pushReply(L, values);
    lua.lua_rawset(L, -3);
    lua.lua_pop(L, 1);
  }

  #compile(script: string, name: string): number {
    // A first line such as `#!lua flags=...` speaks to the server; the line stays, for line numbers.
    return compile(this.#state, script.replace(/^#!lua[^\n]*/, ""), name);
  }

  #call(L: LuaState): number {
    const command = argumentsOf(L);
    const reply = command instanceof RedisError ? command : this.#execute(command);
    lua.lua_settop(L, 0);
    pushReply(L, reply);
    return 1;
  }

  /** The error that the script left on the stack. */
  #raised(digest: string): RedisError {
    const L = this.#state;
    if (lua.lua_type(L, -1) === lua.LUA_TTABLE) {
      const reply = popReply(L);
      const message = reply instanceof RedisError ? reply.message : "ERR unknown error";
      return new RedisError(`${message} script: ${digest}, on @user_script.`);
    }
    const message = fromLua(lua.lua_tostring(L, -1));
    lua.lua_pop(L, 1);
    return new RedisError(`ERR ${message} script: ${digest}, on @user_script.`);
  }
}

function compile(L: LuaState, code: string, name: string): number {
  const status = lauxlib.luaL_loadbuffer(L, toLua(code), null, toLua(name));
  if (status === lua.LUA_OK) return lauxlib.luaL_ref(L, lua.LUA_REGISTRYINDEX);
  const message = fromLua(lua.lua_tostring(L, -1));
  lua.lua_pop(L, 1);
  throw new RedisError(`ERR Error compiling script (new function): ${message}`);
}

function argumentsOf(L: LuaState): Command | RedisError {
  const command: string[] = [];
  for (let i = 1; i <= lua.lua_gettop(L); i++) {
    const type = lua.lua_type(L, i);
    if (type === lua.LUA_TNUMBER) command.push(formatNumber(lua.lua_tonumber(L, i)));
    else if (type === lua.LUA_TSTRING) command.push(fromLua(lua.lua_tostring(L, i)));
    else return new RedisError("ERR Lua redis lib command arguments must be strings or integers");
  }
  if (command.length > 0) return command;
  return new RedisError("ERR Please specify at least one argument for this redis.call() call");
}
