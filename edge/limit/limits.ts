import type { Redis } from "@upstash/redis";
import type { QuotaName } from "#shared/policy.ts";
import { Availability } from "./availability.ts";
import type { Decision, Limiter } from "./decision.ts";
import { leasedLimiter } from "./leased.ts";
import { localLimiter } from "./local.ts";
import { type Quota, type QuotaTable, quotaOf } from "./plans.ts";
import { slidingLimiter } from "./sliding.ts";
import { redisTake } from "./take.ts";

/** A quota and the two ways to hold somebody to it. */
export type Limit = {
  readonly quota: Quota;
  /** By Redis, for all edges together. */
  readonly spend: Limiter;
  /** By this isolate alone, while Redis is away. */
  readonly spendLocally: (key: string, cost: number) => Decision;
};

/** The limit that a plan has of a quota; the quota's own for no plan, or one that is not known. */
export type Limits = (name: QuotaName, plan: string | null) => Limit;

export type LimitSources = {
  readonly redis: Redis;
  readonly availability: Availability;
  readonly table: QuotaTable;
  /** The longest that Redis is waited for. */
  readonly timeoutMs: number;
  readonly now: () => number;
};

/** Units that a probe asks for, of a quota that belongs to nobody. */
const PROBE = { limit: 1_000_000, windowMs: 1_000, cost: 1, need: 1, want: 1, held: 0 };

/** Whether Redis can be asked for quotas, for all limiters together. */
export function quotaAvailability(redis: Redis, now: () => number): Availability {
  const take = redisTake(redis);
  // By what is asked of it in earnest: a Redis that answers PING may still refuse to write.
  return new Availability(() => take("gatehouse:quota-probe", PROBE), now);
}

/** One limiter for each plan of each quota, for as long as the isolate lives. */
export function createLimits({ redis, availability, table, timeoutMs, now }: LimitSources): Limits {
  const take = redisTake(redis);

  // Twice, since a call that failed at once is made again.
  const patienceMs = 2 * timeoutMs + 100;

  function limitOf(name: QuotaName, plan: string | null): Limit {
    const quota = quotaOf(name, table[name], plan);
    const spend =
      table[name].algorithm === "leased"
        ? leasedLimiter(quota, { take, availability, now, pause, patienceMs })
        : slidingLimiter(redis, quota, availability, now);
    return { quota, spend, spendLocally: localLimiter(quota, now) };
  }

  function limitsOf(name: QuotaName) {
    const plans = Object.keys(table[name].plans);
    return { own: limitOf(name, null), plans: new Map(plans.map((plan) => [plan, limitOf(name, plan)])) };
  }

  const all = {
    default: limitsOf("default"),
    anonymous: limitsOf("anonymous"),
    token: limitsOf("token"),
    login: limitsOf("login"),
  };
  return function limitFor(name, plan) {
    const { own, plans } = all[name];
    return plan === null ? own : (plans.get(plan) ?? own);
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
