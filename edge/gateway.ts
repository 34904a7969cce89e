import type { Contract } from "#shared/route.ts";
import { announceDeprecation } from "./announce-deprecation.ts";
import { answerFromCache, type CacheDependencies } from "./answer-from-cache.ts";
import { type Authentication, authenticate } from "./auth/authenticate.ts";
import { authorise } from "./auth/authorise.ts";
import type { Purge } from "./cache/serve.ts";
import { cors } from "./cors.ts";
import { type Answerer, inOrder, type Operation } from "./exchange.ts";
import { type ForwardDependencies, forward } from "./forward.ts";
import { type Limiting, limit } from "./limit/limit.ts";
import { type ShieldBinding, shield } from "./limit/shield.ts";
import type { Recorder } from "./metrics/recorder.ts";
import { type MetricsDependencies, metricsByOrder } from "./metrics/show.ts";
import { type Log, observed } from "./observe.ts";
import type { ReadOrder } from "./operator.ts";
import { canonicalPath } from "./paths.ts";
import { purgeByOrder } from "./purge.ts";
import { routed, unknownRoute } from "./routing.ts";
import { validate } from "./validate.ts";

export type Dependencies = {
  readonly contract: Contract;
  readonly corsOrigins: readonly string[];
  readonly addressHeader: string;
  readonly logSampleRate: number;
  readonly slowAfterMs: (operation: string | null) => number;
  readonly log: Log;
  readonly record: Recorder["request"];
  readonly now: () => number;
  readonly shield: ShieldBinding;
  readonly authentication: Authentication;
  readonly limiting: Limiting;
  readonly caching: CacheDependencies;
  readonly forwarding: ForwardDependencies;
  readonly purge: Purge;
  readonly metrics: MetricsDependencies;
  /** Reads what an operator has signed. */
  readonly readOrder: ReadOrder;
  /** The routes that the edge itself answers, by operation id. */
  readonly ownHandlers: Readonly<Record<string, Answerer>>;
};

export type Gateway = {
  readonly fetch: (
    request: Request,
    context: Pick<ExecutionContext, "waitUntil">,
  ) => Response | Promise<Response>;
};

/** The two stages that decide who may come in; a benchmark leaves them out to see what they cost. */
export type Guards = { readonly authenticate: typeof authenticate; readonly limit: typeof limit };

/** THE ORDER: what happens to every request, and before what. */
export function createGateway(deps: Dependencies, guards: Guards = { authenticate, limit }): Gateway {
  const handle = inOrder(
    cors(deps.contract, deps.corsOrigins),
    canonicalPath,
    routed(deps.contract, (operation) =>
      inOrder(
        announceDeprecation(operation.route),
        shield(deps.shield),
        guards.authenticate(operation.route, deps.authentication),
        authorise(operation.route),
        guards.limit(operation.route, deps.limiting),
        validate(operation.route),
        answer(operation, deps),
      ),
    ),
    purgeByOrder(deps.purge, deps.readOrder),
    metricsByOrder(deps.metrics, deps.readOrder),
    unknownRoute(deps.contract),
  );
  return { fetch: observed(deps, handle) };
}

function answer(operation: Operation, deps: Dependencies): Answerer {
  const { id, route } = operation;
  const own = deps.ownHandlers[id];
  if (own !== undefined) return own;
  if (route.cache.kind === "none") return forward(operation, deps.forwarding);
  return answerFromCache(operation, route.cache, deps.caching);
}
