import { headers as names } from "#shared/headers.ts";
import type { Contract } from "#shared/route.ts";
import { respond, type Stage } from "./exchange.ts";

const PREFLIGHT_MAX_AGE_SECONDS = "86400";

const EXPOSED = [
  "etag",
  "location",
  "retry-after",
  "deprecation",
  "sunset",
  "link",
  names.requestId,
  names.correlationId,
  names.idempotencyReplayed,
  names.consistency,
  names.cacheStatus,
  names.rateLimit,
  names.rateLimitPolicy,
  names.rateLimitLimit,
  names.rateLimitRemaining,
  names.rateLimitReset,
].join(", ");

/**
 * Cross-origin access (Fetch standard §3.3). Preflights are answered here, before anything can
 * refuse them; every other answer, refusals included, says whether the page may read it.
 */
export function cors(contract: Contract, allowed: readonly string[]): Stage {
  const everyone = allowed.includes("*");
  const preflight = {
    "access-control-allow-methods": [...new Set(Object.values(contract).map((route) => route.method))].join(
      ", ",
    ),
    "access-control-allow-headers": allowedHeaders(contract),
    "access-control-max-age": PREFLIGHT_MAX_AGE_SECONDS,
  };
  return function cors(exchange) {
    const { headers, method, outgoing } = exchange;
    const origin = headers.get("origin");
    if (!everyone) outgoing.push(["vary", "Origin"]);
    if (origin === null) return undefined;
    if (everyone || allowed.includes(origin)) {
      outgoing.push(["access-control-allow-origin", everyone ? "*" : origin]);
      outgoing.push(["access-control-expose-headers", EXPOSED]);
    }
    const asks = method === "OPTIONS" && headers.get("access-control-request-method") !== null;
    if (!asks) return undefined;
    exchange.outcome = "preflight";
    return respond(exchange, 204, preflight, null);
  };
}

function allowedHeaders(contract: Contract): string {
  const declared = Object.values(contract).flatMap((route) => Object.keys(route.request.headers.properties));
  const always = [
    "authorization",
    "content-type",
    "if-none-match",
    names.idempotencyKey,
    names.consistency,
    names.requestId,
    names.correlationId,
    names.traceparent,
  ];
  return [...new Set([...always, ...declared])].join(", ");
}
