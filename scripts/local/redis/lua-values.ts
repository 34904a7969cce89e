import { fromLua, type LuaState, lua, toLua } from "./lua-runtime.ts";
import { RedisError, type Reply, Status } from "./reply.ts";

/** Redis replies to Lua values and back (Redis documentation, "Data type conversion", RESP2). */

const OK_FIELD = toLua("ok");
const ERROR_FIELD = toLua("err");

export function pushReply(L: LuaState, reply: Reply): void {
  if (reply === null) lua.lua_pushboolean(L, false);
  else if (typeof reply === "number") lua.lua_pushnumber(L, reply);
  else if (typeof reply === "string") lua.lua_pushstring(L, toLua(reply));
  else if (reply instanceof Status) pushField(L, OK_FIELD, reply.text);
  else if (reply instanceof RedisError) pushField(L, ERROR_FIELD, reply.message);
  else pushArray(L, reply);
}

function pushArray(L: LuaState, items: readonly Reply[]): void {
  lua.lua_createtable(L, items.length, 0);
  for (const [index, item] of items.entries()) {
    pushReply(L, item);
    lua.lua_rawseti(L, -2, index + 1);
  }
}

function pushField(L: LuaState, name: Uint8Array, text: string): void {
  lua.lua_createtable(L, 0, 1);
  lua.lua_pushstring(L, name);
  lua.lua_pushstring(L, toLua(text));
  lua.lua_rawset(L, -3);
}

/** Takes the value off the top of the stack. */
export function popReply(L: LuaState): Reply {
  const reply = replyAtTop(L);
  lua.lua_pop(L, 1);
  return reply;
}

function replyAtTop(L: LuaState): Reply {
  switch (lua.lua_type(L, -1)) {
    case lua.LUA_TSTRING:
      return fromLua(lua.lua_tostring(L, -1));
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(L, -1));
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(L, -1) ? 1 : null;
    case lua.LUA_TTABLE:
      return tableAtTop(L);
    default:
      return null;
  }
}

function tableAtTop(L: LuaState): Reply {
  const error = fieldAtTop(L, ERROR_FIELD);
  if (error !== null) return new RedisError(error);
  const status = fieldAtTop(L, OK_FIELD);
  if (status !== null) return new Status(status);
  const items: Reply[] = [];
  // An array ends at its first nil.
  while (lua.lua_rawgeti(L, -1, items.length + 1) !== lua.LUA_TNIL) items.push(popReply(L));
  lua.lua_pop(L, 1);
  return items;
}

function fieldAtTop(L: LuaState, name: Uint8Array): string | null {
  lua.lua_pushstring(L, name);
  const type = lua.lua_rawget(L, -2);
  const text = type === lua.LUA_TSTRING ? fromLua(lua.lua_tostring(L, -1)) : null;
  lua.lua_pop(L, 1);
  return text;
}
