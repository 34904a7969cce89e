import { createRequire } from "node:module";

/**
 * The part of fengari (Lua 5.3 in JavaScript, without types of its own) that `lua.ts` uses, made to
 * count as Redis's Lua 5.1 does: every number is a double. Fengari's integers have 32 bits, so that
 * milliseconds since the epoch would wrap around.
 */

declare const luaState: unique symbol;
export type LuaState = { readonly [luaState]: true };

type LuaApi = {
  readonly LUA_OK: number;
  readonly LUA_TNIL: number;
  readonly LUA_TBOOLEAN: number;
  readonly LUA_TNUMBER: number;
  readonly LUA_TSTRING: number;
  readonly LUA_TTABLE: number;
  readonly LUA_REGISTRYINDEX: number;
  readonly lua_createtable: (L: LuaState, items: number, fields: number) => void;
  readonly lua_error: (L: LuaState) => never;
  readonly lua_getfield: (L: LuaState, index: number, name: Uint8Array) => number;
  readonly lua_gettop: (L: LuaState) => number;
  readonly lua_pcall: (L: LuaState, args: number, results: number, handler: number) => number;
  readonly lua_pop: (L: LuaState, count: number) => void;
  readonly lua_pushboolean: (L: LuaState, value: boolean) => void;
  readonly lua_pushjsfunction: (L: LuaState, run: (L: LuaState) => number) => void;
  readonly lua_pushglobaltable: (L: LuaState) => void;
  readonly lua_pushnumber: (L: LuaState, value: number) => void;
  readonly lua_pushstring: (L: LuaState, value: Uint8Array) => void;
  readonly lua_rawget: (L: LuaState, index: number) => number;
  readonly lua_rawgeti: (L: LuaState, index: number, position: number) => number;
  readonly lua_rawset: (L: LuaState, index: number) => void;
  readonly lua_rawseti: (L: LuaState, index: number, position: number) => void;
  readonly lua_settop: (L: LuaState, index: number) => void;
  readonly lua_toboolean: (L: LuaState, index: number) => boolean;
  readonly lua_tonumber: (L: LuaState, index: number) => number;
  readonly lua_tostring: (L: LuaState, index: number) => Uint8Array | null;
  readonly lua_type: (L: LuaState, index: number) => number;
};

type LuaLibrary = {
  readonly luaL_loadbuffer: (L: LuaState, code: Uint8Array, size: number | null, name: Uint8Array) => number;
  readonly luaL_newstate: () => LuaState;
  readonly luaL_ref: (L: LuaState, table: number) => number;
  readonly luaL_requiref: (L: LuaState, name: Uint8Array, open: OpenLibrary, global: boolean) => void;
};

type OpenLibrary = (L: LuaState) => number;

type Fengari = {
  readonly lua: LuaApi;
  readonly lauxlib: LuaLibrary;
  readonly lualib: Readonly<
    Record<"luaopen_base" | "luaopen_math" | "luaopen_string" | "luaopen_table", OpenLibrary>
  >;
};

type NumberCell = {
  readonly value: number;
  ttisinteger: () => boolean;
  setfltvalue: (value: number) => void;
};
type LuaObjects = { luaO_str2num: (text: Uint8Array, target: NumberCell) => number };

function load(): Fengari {
  const require = createRequire(import.meta.url);
  // Read once while fengari loads: 5.0 becomes the string "5", as in Lua 5.1.
  process.env["FENGARICONF"] = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
  const fengari: Fengari = require("fengari");
  delete process.env["FENGARICONF"];
  // Numerals and numeric strings alike come through here.
  const objects: LuaObjects = require("fengari/src/lobject.js");
  const original = objects.luaO_str2num;
  objects.luaO_str2num = (text, target) => {
    const size = original(text, target);
    if (size > 0 && target.ttisinteger()) target.setfltvalue(target.value);
    return size;
  };
  return fengari;
}

export const { lua, lauxlib, lualib } = load();

export function toLua(bytes: string): Uint8Array {
  return Uint8Array.from(Buffer.from(bytes, "latin1"));
}

export function fromLua(string: Uint8Array | null): string {
  return Buffer.from(string ?? []).toString("latin1");
}
