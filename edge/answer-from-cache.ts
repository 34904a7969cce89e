import { matchesETag } from "#shared/entity-tags.ts";
import { headers as names } from "#shared/headers.ts";
import { andThen } from "./and-then.ts";
import type { ConsistencyTokens } from "./cache/consistency-token.ts";
import type { AskForAll, Question } from "./cache/fill.ts";
import { blindVersion, partitionOf, routeHash, type Shared, shownField, versionOf } from "./cache/key.ts";
import type { ResponseCache, Served } from "./cache/serve.ts";
import type { Sight, Snapshots } from "./cache/snapshot.ts";
import { bypassing, headersForClients } from "./cache/status.ts";
import {
  type Answerer,
  type Exchange,
  type HoldingQuota,
  type Operation,
  quotaOf,
  readyAnswer,
  respondLike,
} from "./exchange.ts";
import { perObject } from "./per-object.ts";
import { relayProblem } from "./problems.ts";

export type CacheDependencies = {
  readonly cache: ResponseCache;
  readonly askForAll: AskForAll;
  readonly snapshots: Snapshots;
  readonly tokens: ConsistencyTokens;
  readonly now: () => number;
};

/** For what belongs to no tenant there are no versions. */
const NOTHING_TO_SEE: Sight = { kind: "sees", versions: () => "", marks: "" };

/** Answers a cacheable route: from the cache when it may, else by asking the origin for everyone. */
export function answerFromCache(
  { id, route }: Operation,
  policy: Shared,
  { cache, askForAll, snapshots, tokens, now }: CacheDependencies,
): Answerer {
  const hash = routeHash(route);
  const forClients = headersForClients(policy);
  const whole = readyAs(({ status }) => status);
  const notModified = readyAs(() => 304);

  function readyAs(
    statusOf: (served: Served) => number,
  ): (served: Served) => (quota: HoldingQuota) => Response {
    return perObject((served) =>
      perObject((quota) => readyAnswer(quota, statusOf(served), forClients(served.headers))),
    );
  }

  function look(
    { principal, waitUntil }: Exchange,
    field: string | null,
    token: string | null,
  ): Sight | Promise<Sight> {
    if (principal === null || policy.partition === "everyone") return NOTHING_TO_SEE;
    const { tenantId } = principal;
    if (token === null) return snapshots.look(tenantId, field, null, waitUntil);
    return tokens.open(token, tenantId).then((after) => snapshots.look(tenantId, field, after, waitUntil));
  }

  function serve(
    { waitUntil }: Exchange,
    question: Question,
    sight: Sight,
    field: string | null,
  ): Served | Promise<Served> {
    // Past the cache, and joined by nobody: whoever sent a token must see the write.
    if (sight.kind === "behind") return askForAll(question).then(bypassing);
    const { kind, versions, marks } = sight;
    const seen = versions === null ? "" : versionOf(field, versions);
    const version = kind === "blind" ? blindVersion(policy, now(), seen) : seen;
    return cache({ ...question, policy, waitUntil, version: `${hash}.${version}${marks}` });
  }

  function show(exchange: Exchange, served: Served): Response {
    exchange.outcome = served.word.toLowerCase();
    if (served.status >= 400) {
      return relayProblem(exchange, served.status, forClients(served.headers), served.body);
    }
    const quota = quotaOf(exchange);
    const ifNoneMatch = exchange.headers.get("if-none-match");
    if (matchesETag(ifNoneMatch, served.headers["etag"] ?? null)) {
      return respondLike(exchange, notModified(served)(quota), null);
    }
    return respondLike(exchange, whole(served)(quota), served.body);
  }

  return function answerFromCache(exchange) {
    const token = exchange.headers.get(names.consistency);
    const field = shownField(policy, exchange.params);
    const question = {
      operationId: id,
      partition: partitionOf(policy, exchange.principal),
      target: exchange.target,
      ids: exchange,
      startedAt: exchange.startedAt,
    };
    return andThen(look(exchange, field, token), (sight) =>
      andThen(serve(exchange, question, sight, field), (served) => show(exchange, served)),
    );
  };
}
