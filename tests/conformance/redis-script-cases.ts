import { NOT_AN_INTEGER, type RedisCase } from "./redis-cases.ts";

/** What Lua scripts answer, for every store that passes for Redis. */
export const redisScriptCases: readonly RedisCase[] = [
  [
    "a script's values become replies",
    [
      ["EVAL", "return {1, 'two', {3}, nil, 5}", "0"],
      [1, "two", [3]],
    ],
    [["EVAL", "return 3.99", "0"], 3],
    [["EVAL", "return -3.99", "0"], -3],
    [["EVAL", "return true", "0"], 1],
    [["EVAL", "return false", "0"], null],
    [
      ["EVAL", "return {true, false}", "0"],
      [1, null],
    ],
    [["EVAL", "return redis.status_reply('FINE')", "0"], "FINE"],
    [["EVAL", "return redis.error_reply('MY error')", "0"], /MY error/],
    [["EVAL", "return {err = 'MY error'}", "0"], /MY error/],
    [
      ["EVAL", "return {KEYS[1], KEYS[2], ARGV[1], ARGV[2] or 'none'}", "2", "a", "b", "c"],
      ["a", "b", "c", "none"],
    ],
    [["EVAL", "return #KEYS + #ARGV", "1", "a", "b", "c"], 3],
  ],
  [
    "replies become a script's values",
    [["EVAL", "return type(redis.call('GET', 'absent'))", "0"], "boolean"],
    [["EVAL", "return redis.call('SET', KEYS[1], 'v').ok", "1", "k"], "OK"],
    [["EVAL", "return type(redis.call('INCR', KEYS[1]))", "1", "n"], "number"],
    [["EVAL", "return type(redis.call('GET', KEYS[1]))", "1", "n"], "string"],
    [
      ["EVAL", "redis.call('HSET', KEYS[1], 'a', 1) return redis.call('HGETALL', KEYS[1])", "1", "h"],
      ["a", "1"],
    ],
    [["EVAL", "return redis.call('HMGET', KEYS[1], 'b', 'a')[1] == false", "1", "h"], 1],
  ],
  [
    "numbers in a script are doubles and are written as such",
    [["EVAL", "return 1795260104277 * 2 .. ''", "0"], "3590520208554"],
    [["EVAL", "return '2147483647' * '2' .. ''", "0"], "4294967294"],
    [
      ["EVAL", "return {10 / 2 .. '', 7 / 2 .. '', 0.1 + 0.2 .. ''}", "0"],
      ["5", "3.5", "0.3"],
    ],
    [["EVAL", "return math.floor(1795260104.9) + math.floor(1795260104.9)", "0"], 3_590_520_208],
    [
      ["EVAL", "return {math.max(3, 2, 9), math.min(3, 2, 9), 7 % 3, -7 % 3}", "0"],
      [9, 2, 1, 2],
    ],
    [
      ["EVAL", "return string.format('%d|%05d|%s|%.2f|%%d', 1795260104277, 42, 'x', 1.5)", "0"],
      "1795260104277|00042|x|1.50|%d",
    ],
    [
      ["EVAL", "redis.call('SET', KEYS[1], 0.1) return redis.call('GET', KEYS[1])", "1", "f"],
      "0.10000000000000001",
    ],
    [
      ["EVAL", "redis.call('SET', KEYS[1], 1795260104277) return redis.call('GET', KEYS[1])", "1", "i"],
      "1795260104277",
    ],
    [["EVAL", "redis.call('SET', KEYS[1], 1e20) return redis.call('GET', KEYS[1])", "1", "e"], "1e+20"],
    [["EVAL", "return tonumber('12abc') == nil and tonumber('0x10') or 0", "0"], 16],
  ],
  [
    "the libraries of Lua 5.1 are there, ways out of the sandbox are not",
    [
      ["EVAL", "return {unpack({1, 2, 3})}", "0"],
      [1, 2, 3],
    ],
    [["EVAL", "local t = {3, 1, 2} table.sort(t) return table.concat(t, ',')", "0"], "1,2,3"],
    [
      ["EVAL", "return {string.sub('gatehouse', 1, 4), string.upper('a'), #'abc'}", "0"],
      ["gate", "A", 3],
    ],
    [["EVAL", "return redis.sha1hex('')", "0"], "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    [
      ["EVAL", "return undefined_global", "0"],
      /Script attempted to access nonexistent global variable 'undefined_global'/,
    ],
    [["EVAL", "leak = 1", "0"], /Attempt to modify a readonly table/],
    [["EVAL", "return require('fs')", "0"], /nonexistent global variable 'require'/],
    [["EVAL", "return io.open('/etc/passwd')", "0"], /nonexistent global variable 'io'/],
  ],
  [
    "an error in a script ends it, unless pcall takes it",
    [["SET", "text", "x"], "OK"],
    [["EVAL", "redis.call('INCR', KEYS[1]) return 1", "1", "text"], NOT_AN_INTEGER],
    [
      ["EVAL", "return redis.pcall('INCR', KEYS[1]).err", "1", "text"],
      "ERR value is not an integer or out of range",
    ],
    [["EVAL", "local ok = pcall(redis.call, 'INCR', KEYS[1]) return ok", "1", "text"], null],
    [["EVAL", "error('boom')", "0"], /boom/],
    [
      ["EVAL", "return redis.call('GET', {})", "0"],
      /ERR Lua redis lib command arguments must be strings or integers/,
    ],
    [["EVAL", "return redis.call('EVAL', 'return 1', 0)", "0"], /ERR/],
    [["EVAL", "this is not Lua", "0"], /ERR Error compiling script/],
    [["EVAL", "return 1", "2", "a"], /ERR Number of keys can't be greater than number of args/],
    [["EVAL", "return 1", "-1"], /ERR Number of keys can't be negative/],
    [["EVAL", "redis.call('SET', KEYS[1], 'kept') error('boom')", "1", "k"], /boom/],
    [["GET", "k"], "kept"],
  ],
  [
    "scripts are remembered by digest",
    [["SCRIPT", "LOAD", "return 'loaded'"], "b534286061d4b9e4026607613b95c06c06015ae8"],
    [["EVALSHA", "B534286061D4B9E4026607613B95C06C06015AE8", "0"], "loaded"],
    [
      ["SCRIPT", "EXISTS", "b534286061d4b9e4026607613b95c06c06015ae8", "0".repeat(40)],
      [1, 0],
    ],
    [["EVALSHA", "0".repeat(40), "0"], /NOSCRIPT No matching script/],
    [["SCRIPT", "FLUSH"], "OK"],
    [["EVALSHA", "b534286061d4b9e4026607613b95c06c06015ae8", "0"], /NOSCRIPT/],
    [["EVAL", "return 'loaded'", "0"], "loaded"],
    [["EVALSHA", "b534286061d4b9e4026607613b95c06c06015ae8", "0"], "loaded"],
  ],
];
