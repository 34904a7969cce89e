/**
 * What a script finds beside the language: the names of Lua 5.1 that 5.3 dropped, whole numbers as
 * doubles, and no way out of the sandbox. Globals are closed afterwards, as Redis closes them.
 */
export const PRELUDE = `
dofile, loadfile, print, collectgarbage = nil, nil, nil, nil
unpack, loadstring, math.pow = table.unpack, load, function(x, y) return x ^ y end
table.getn = function(t) return #t end

for _, name in ipairs({'floor', 'ceil', 'fmod'}) do
  local exact = math[name]
  math[name] = function(...) return exact(...) + 0 end
end

local format = string.format
string.format = function(pattern, ...)
  return format((string.gsub(pattern, '%%([-+ #0%d]*)([%%di])', function(flags, kind)
    if kind ~= '%' then return '%' .. flags .. '.0f' end
  end)), ...)
end

local raw = redis.pcall
redis.call = function(...)
  local reply = raw(...)
  if type(reply) == 'table' and reply.err then error(reply) end
  return reply
end
redis.status_reply = function(text) return {ok = text} end
redis.error_reply = function(text)
  return {err = string.find(text, '^%u+ ') and text or 'ERR ' .. text}
end
redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3
redis.log = function() end

setmetatable(_G, {
  __index = function(_, name)
    error('Script attempted to access nonexistent global variable \\'' .. tostring(name) .. '\\'', 2)
  end,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
  __metatable = false,
})
`;
