import type { Principal } from "#shared/identity.ts";
import type { RatePolicy } from "#shared/policy.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Exchange, Stage } from "../exchange.ts";
import { perObject } from "../per-object.ts";
import type { Decision } from "./decision.ts";
import type { Limit, Limits } from "./limits.ts";

export type Limiting = {
  readonly limits: Limits;
  /** Clients that no quota holds for, as `tenant/client`. */
  readonly unlimited: ReadonlySet<string>;
};

/** Charges the route's cost to its quota; refuses with 429 when that is spent. */
export function limit({ rate }: Route, { limits, unlimited }: Limiting): Stage {
  return function limit(exchange) {
    const key = keyOf(exchange, rate);
    if (unlimited.size > 0 && unlimited.has(key)) return undefined;
    const chosen = limits(rate.quota, exchange.plan);
    const decided = chosen.spend(key, rate.cost, exchange.waitUntil);
    if (!(decided instanceof Promise)) return carryOut(decided, chosen, rate, exchange);
    return decided
      .catch(() => withoutRedis(chosen, rate, key, exchange))
      .then((decision) => carryOut(decision, chosen, rate, exchange));
  };
}

/** By this isolate alone, if the route allows it. */
function withoutRedis(chosen: Limit, rate: RatePolicy, key: string, exchange: Exchange): Decision {
  if (rate.whenUnavailable === "open") return chosen.spendLocally(key, rate.cost);
  exchange.charged = { quota: chosen.quota, standing: null };
  throw new Problem("unavailable");
}

function carryOut(decision: Decision, chosen: Limit, rate: RatePolicy, exchange: Exchange): undefined {
  exchange.charged = { quota: chosen.quota, standing: decision.standing };
  if (!decision.admitted) throw exceeded(chosen, rate, decision);
  exchange.refund = () => refund(exchange, chosen, rate, decision);
}

/** Whose quota it is. */
function keyOf({ principal, address }: Exchange, { by }: RatePolicy): string {
  return by === "address" || principal === null ? address : clientOf(principal);
}

/** A client is one within its tenant: a UUID, which cannot hold the separator. */
const clientOf = perObject(({ tenantId, clientId }: Principal) => `${tenantId}/${clientId}`);

/** Gives back what was charged, in the figures that the answer shows too. */
function refund(exchange: Exchange, { quota }: Limit, { cost }: RatePolicy, decision: Decision): void {
  decision.refund();
  if (decision.standing === null) return;
  const { remaining, resetSeconds } = decision.standing;
  exchange.charged = { quota, standing: { remaining: remaining + cost, resetSeconds } };
}

/** draft-ietf-httpapi-ratelimit-headers-10, "Quota Exceeded": `violated-policies` names it. */
function exceeded({ quota }: Limit, { cost }: RatePolicy, { retryAfterSeconds }: Decision): Problem {
  const { policy, limit, windowSeconds } = quota;
  return new Problem(
    "quota-exceeded",
    {
      detail: `the quota "${policy}" is ${limit} units in ${windowSeconds} s; this costs ${cost}`,
      "violated-policies": [policy],
    },
    { "retry-after": String(retryAfterSeconds) },
  );
}
