import { type Handler, Hono, type MiddlewareHandler } from "hono";
import type { Contract } from "#shared/route.ts";
import { answerFromCache, type CacheDependencies } from "./answer-from-cache.ts";
import { type Authentication, authenticate } from "./auth/authenticate.ts";
import { authorise } from "./auth/authorise.ts";
import { cors } from "./cors.ts";
import type { GatewayVariables, Operation } from "./exchange.ts";
import { type ForwardDependencies, forward } from "./forward.ts";
import { type Limiting, limit } from "./limit/limit.ts";
import { type ShieldBinding, shield } from "./limit/shield.ts";
import { type Log, observe } from "./observe.ts";
import { canonicalPath, missingMethods, unknownRoute } from "./paths.ts";
import { refuse } from "./problems.ts";
import { validate } from "./validate.ts";

export type Dependencies = {
  readonly contract: Contract;
  readonly corsOrigins: readonly string[];
  readonly addressHeader: string;
  readonly logSampleRate: number;
  readonly log: Log;
  readonly now: () => number;
  readonly shield: ShieldBinding;
  readonly authentication: Authentication;
  readonly limiting: Limiting;
  readonly caching: CacheDependencies;
  readonly forwarding: ForwardDependencies;
  /** The routes that the edge itself answers, by operation id. */
  readonly ownHandlers: Readonly<Record<string, Handler<GatewayVariables>>>;
};

/** THE ORDER: what happens to every request, and before what. */
export function createGateway(deps: Dependencies): Hono<GatewayVariables> {
  const gateway = new Hono<GatewayVariables>();
  gateway.use(observe(deps));
  gateway.use(cors(deps.contract, deps.corsOrigins));
  gateway.use(canonicalPath());
  const refuseUnknown = unknownRoute(deps.contract);
  for (const [path, methods] of missingMethods(deps.contract)) gateway.on(methods, path, refuseUnknown);
  for (const [id, route] of Object.entries(deps.contract)) {
    const operation = { id, route };
    gateway.on(
      route.method,
      route.path,
      name(operation),
      shield(deps.shield),
      authenticate(route, deps.authentication),
      authorise(route),
      limit(route, deps.limiting),
      validate(route),
      answer(operation, deps),
    );
  }
  gateway.notFound(refuseUnknown);
  gateway.onError((error, c) => refuse(c.get("exchange"), error));
  return gateway;
}

function name({ id }: Operation): MiddlewareHandler<GatewayVariables> {
  return function name(c, next) {
    c.get("exchange").operationId = id;
    return next();
  };
}

function answer(operation: Operation, deps: Dependencies): Handler<GatewayVariables> {
  const { id, route } = operation;
  const own = deps.ownHandlers[id];
  if (own !== undefined) return own;
  if (route.cache.kind === "none") return forward(operation, deps.forwarding);
  return answerFromCache(operation, route.cache, deps.caching);
}
