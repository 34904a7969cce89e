import type { MiddlewareHandler } from "hono";
import type { QuotaName } from "#shared/policy.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Exchange, GatewayVariables } from "../exchange.ts";
import { type Decision, type Limiter, rateLimitHeaders } from "./decision.ts";
import { localLimiter } from "./local.ts";
import type { Quotas } from "./plans.ts";

/** While Redis is away, it is asked again this often; in between nobody waits for it. */
const RETRY_REDIS_MS = 1_000;

export type Limits = (
  quota: QuotaName,
  key: string,
  cost: number,
  exchange: Exchange,
) => Promise<Decision | "unavailable">;

/** The limiters of all quotas behind one door that knows when Redis is away. */
export function createLimits(limiters: Readonly<Record<QuotaName, Limiter>>, now: () => number): Limits {
  let awayUntil = 0;
  return async function spend(quota, key, cost, exchange) {
    if (now() < awayUntil) return "unavailable";
    try {
      return await limiters[quota](key, cost, exchange.waitUntil);
    } catch {
      awayUntil = now() + RETRY_REDIS_MS;
      return "unavailable";
    }
  };
}

/** Charges the route's cost to its quota; refuses with 429 when that is spent. */
export function limit(
  { rate }: Route,
  limits: Limits,
  quotas: Quotas,
  now: () => number,
): MiddlewareHandler<GatewayVariables> {
  const quota = quotas[rate.quota];
  const spendLocally = localLimiter(quota, now);

  return async function limit(c, next) {
    const exchange = c.get("exchange");
    const key = rate.by === "client" ? clientKey(exchange) : exchange.address;
    const global = await limits(rate.quota, key, rate.cost, exchange);
    if (global === "unavailable" && rate.whenUnavailable === "closed") throw new Problem("unavailable");
    const decision = global === "unavailable" ? spendLocally(key, rate.cost) : global;
    Object.assign(exchange.outgoing, rateLimitHeaders(rate.quota, quota, decision));
    if (decision.admitted) return next();
    throw new Problem(
      "quota-exceeded",
      {
        detail: `the quota "${rate.quota}" is ${quota.limit} units in ${quota.windowSeconds} s; this costs ${rate.cost}`,
        "violated-policies": [rate.quota],
      },
      { "retry-after": String(decision.state?.resetSeconds ?? quota.windowSeconds) },
    );
  };
}

/** A client is one within its tenant; the separator cannot occur in a UUID. */
function clientKey({ principal, address }: Exchange): string {
  return principal === null ? address : `${principal.tenantId}/${principal.clientId}`;
}
