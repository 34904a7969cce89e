import type { Redis } from "@upstash/redis";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { setBounded } from "../bounded-map.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Decision, Limiter } from "./decision.ts";
import { canSpend, type Grant, type Lease, leaseOf, nextBatch } from "./lease.ts";
import type { Quota } from "./plans.ts";

/**
 * Takes up to ARGV[3] units from the current window of KEYS[1], by Redis's clock.
 * @upstash/ratelimit cannot: its limiters admit or refuse a whole batch, and charge what they refuse.
 */
const TAKE = `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local limit, length, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(ms / length)
local state = redis.call('HMGET', KEYS[1], 'window', 'used')
local used = 0
if state[1] and tonumber(state[1]) == window then used = tonumber(state[2]) end
local granted = math.max(0, math.min(want, limit - used))
local ends = (window + 1) * length - ms
if granted > 0 then
  redis.call('HSET', KEYS[1], 'window', window, 'used', used + granted)
  redis.call('PEXPIRE', KEYS[1], ends)
end
return {granted, limit - used - granted, ends}
`;

const Answer = Compile(Type.Tuple([Type.Integer(), Type.Integer(), Type.Integer()]));
const FOLLOWER_PATIENCE_MS = 500;
const MAX_CLIENTS = 10_000;

/**
 * A quota in fixed windows that is global in Redis and spent here from leases, so that a warm
 * request needs no network. Never admits more than the quota: what Redis granted is all there is.
 */
export function leasedLimiter(redis: Redis, name: string, quota: Quota, now: () => number): Limiter {
  const leases = new Map<string, Lease>();
  const flight = new SingleFlight<Lease>(FOLLOWER_PATIENCE_MS);

  async function lease(key: string, cost: number): Promise<Lease> {
    const last = leases.get(key) ?? null;
    const batch = nextBatch(last, cost, quota.limit, now());
    const askedAt = now();
    const grant = await take(redis, `gatehouse:quota:${name}:${key}`, quota, batch);
    const fresh = leaseOf(grant, batch, askedAt);
    // What was left of a lease in the same window is still ours.
    if (last !== null && askedAt < last.voidAt) fresh.units += last.units;
    setBounded(leases, MAX_CLIENTS, key, fresh);
    return fresh;
  }

  return async function spend(key, cost, waitUntil): Promise<Decision> {
    let held = leases.get(key);
    while (held === undefined || !canSpend(held, cost, now())) {
      if (held !== undefined && isSpentUp(held, cost, now())) return decision(false, held, now());
      held = await flight.run(key, () => lease(key, cost), waitUntil);
    }
    held.units -= cost;
    return decision(true, held, now());
  };
}

/** Redis has no `cost` units left in this window, so it need not be asked again. */
function isSpentUp(lease: Lease, cost: number, now: number): boolean {
  return lease.units + lease.remaining < cost && now < lease.voidAt;
}

function decision(admitted: boolean, lease: Lease, now: number): Decision {
  const resetSeconds = Math.max(1, Math.ceil((lease.voidAt - now) / 1000));
  return { admitted, state: { remaining: lease.units + lease.remaining, resetSeconds } };
}

async function take(redis: Redis, key: string, quota: Quota, want: number): Promise<Grant> {
  const answer: unknown = await redis.eval(
    TAKE,
    [key],
    [String(quota.limit), String(quota.windowSeconds * 1000), String(want)],
  );
  if (!Answer.Check(answer)) throw new Error("Redis gave an answer that is not a grant");
  const [granted, remaining, windowEndsInMs] = answer;
  return { granted, remaining, windowEndsInMs };
}
