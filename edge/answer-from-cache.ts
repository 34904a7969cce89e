import type { Handler } from "hono";
import type { Served } from "./cache/embedded.ts";
import type { AskForAll } from "./cache/fill.ts";
import { blindVersion, partitionOf, routeHash, type Shared, versionOf } from "./cache/key.ts";
import type { ResponseCache } from "./cache/serve.ts";
import type { Sight, Snapshots } from "./cache/snapshot.ts";
import { cacheControlFor, cacheStatusOf, matchesETag } from "./cache/status.ts";
import { type Exchange, type GatewayVariables, type Operation, respond } from "./exchange.ts";
import { relayProblem } from "./problems.ts";

export type CacheDependencies = {
  readonly cache: ResponseCache;
  readonly askForAll: AskForAll;
  readonly snapshots: Snapshots;
  readonly now: () => number;
};

/** Answers a cacheable route: from the cache when it may, else by asking the origin for everyone. */
export function answerFromCache(
  { id, route }: Operation,
  policy: Shared,
  { cache, askForAll, snapshots, now }: CacheDependencies,
): Handler<GatewayVariables> {
  const hash = routeHash(route);
  const cacheControl = cacheControlFor(policy);

  async function look(exchange: Exchange): Promise<Sight> {
    const tenantId = policy.partition === "everyone" ? undefined : exchange.principal?.tenantId;
    if (tenantId === undefined) return { kind: "sees", versions: new Map() };
    return snapshots.look(tenantId, exchange.waitUntil);
  }

  return async function answerFromCache(c) {
    const exchange = c.get("exchange");
    const sight = await look(exchange);
    const question = {
      operationId: id,
      partition: partitionOf(policy, exchange.principal),
      target: exchange.target,
      ids: exchange,
    };
    let served: Served | null = null;
    if (sight.kind !== "behind") {
      const version =
        sight.kind === "blind"
          ? blindVersion(policy, now())
          : versionOf(policy, c.req.param(), sight.versions);
      served = await cache({
        ...question,
        policy,
        version: `${hash}.${version}`,
        waitUntil: exchange.waitUntil,
      });
    }
    const answer = served?.answer ?? (await askForAll(question));
    exchange.outcome = served?.how ?? "bypass";
    const headers: Record<string, string> = { ...answer.headers, ...cacheStatusOf(served) };
    if (answer.status >= 400) return relayProblem(exchange, answer.status, headers, answer.body);
    headers["cache-control"] = cacheControl;
    if (matchesETag(c.req.raw.headers.get("if-none-match"), headers["etag"])) {
      return respond(exchange, 304, headers, null);
    }
    return respond(exchange, answer.status, headers, answer.body);
  };
}
