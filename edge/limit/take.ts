import Type from "typebox";
import { Compile } from "typebox/schema";
import { type Grant, MARGIN_MS, SHARES } from "./lease.ts";

/** What one edge asks for. All but the window are units. */
export type Ask = {
  readonly limit: number;
  readonly windowMs: number;
  /** The least that is of use. */
  readonly cost: number;
  /** What requests are waiting for. */
  readonly need: number;
  /** What it would like, those included. */
  readonly want: number;
  /** What it holds unspent. */
  readonly held: number;
};

/** Takes units from the current window of a key. Rejects when Redis cannot be asked. */
export type Take = (key: string, ask: Ask) => Promise<Grant>;

/**
 * Takes units from the window of KEYS[1], by Redis's clock. A clock that was set back goes on with the
 * window it had, so that nothing is granted twice. In a window's last moments nothing is granted: it
 * could not be spent in time.
 *
 * @upstash/ratelimit cannot: its limiters admit or refuse a whole batch, and charge what they refuse.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, need, want, held = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local window = math.floor(now / length)
local state = redis.call('HMGET', KEYS[1], 'window', 'used')
local used = 0
if state[1] and tonumber(state[1]) >= window then
  window = tonumber(state[1])
  used = tonumber(state[2])
end
local ends = (window + 1) * length - now
local left = math.max(0, limit - used)
local granted = 0
if ends > ${MARGIN_MS} and left >= cost then
  local share = math.floor(left / ${SHARES}) - held
  granted = math.max(0, math.min(left, math.max(need, math.min(want, share))))
end
if granted > 0 then
  redis.call('HSET', KEYS[1], 'window', window, 'used', used + granted)
  redis.call('PEXPIRE', KEYS[1], ends)
end
return {granted, left - granted, ends, window}
`;

const Answer = Compile(Type.Tuple([Type.Integer(), Type.Integer(), Type.Integer(), Type.Integer()]));

/** The one method that is asked of a Redis. */
type Scripts = { eval(script: string, keys: string[], args: string[]): Promise<unknown> };

export function redisTake(redis: Scripts): Take {
  return async function take(key, { limit, windowMs, cost, need, want, held }) {
    const answer: unknown = await redis.eval(
      TAKE,
      [key],
      [limit, windowMs, cost, need, want, held].map(String),
    );
    if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not a grant");
    const [granted, remaining, windowEndsInMs, window] = answer;
    return { granted, remaining, windowEndsInMs, window };
  };
}
