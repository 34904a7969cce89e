import type { ParamIndexMap, Params } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";
import { Problem } from "#shared/problems.ts";
import type { Contract, Route } from "#shared/route.ts";
import { type Answerer, type Operation, respond, type Stage } from "./exchange.ts";
import { perObject } from "./per-object.ts";

type Found = { readonly operation: Operation; readonly handle: Stage };
type Match = { readonly found: Found; readonly params: Readonly<Record<string, string>> };

const NO_PARAMS = {};

/** Hands a request to its route; what no route takes passes. */
export function routed(contract: Contract, handlerOf: (operation: Operation) => Stage): Stage {
  const match = matcherOf(contract, handlerOf);
  return function routed(exchange) {
    // RFC 9110 §9.3.2: whatever answers GET answers HEAD.
    const method = exchange.method === "HEAD" ? "GET" : exchange.method;
    const matched = match(method, exchange.path);
    if (matched === null) return undefined;
    const { found, params } = matched;
    exchange.operationId = found.operation.id;
    exchange.params = params;
    return found.handle(exchange);
  };
}

/**
 * Where a path is one without parameters, no parameter matches it (`/v1/products/import` is no
 * product, whatever the method), as at the origin. The others are one regular expression a method.
 */
function matcherOf(
  contract: Contract,
  handlerOf: (operation: Operation) => Stage,
): (method: string, path: string) => Match | null {
  const literal = new Map<string, Map<string, Found>>();
  const router = new SmartRouter<Found>({ routers: [new RegExpRouter(), new TrieRouter()] });
  for (const [id, route] of Object.entries(contract)) {
    const operation = { id, route };
    const found = { operation, handle: handlerOf(operation) };
    if (route.path.includes(":")) {
      router.add(route.method, route.path, found);
    } else {
      const methods = literal.get(route.path) ?? new Map<string, Found>();
      literal.set(route.path, methods.set(route.method, found));
    }
  }
  return function match(method, path) {
    const methods = literal.get(path);
    if (methods !== undefined) {
      const found = methods.get(method);
      return found === undefined ? null : { found, params: NO_PARAMS };
    }
    const [[first], values] = router.match(method, path);
    if (first === undefined) return null;
    const params: Record<string, string> = {};
    for (const [name, place] of placesOf(first)) {
      params[name] = (typeof place === "number" ? values?.[place] : place) ?? "";
    }
    return { found: first[0], params };
  };
}

/** Where a route's parameters are among what its regular expression found: worked out once a route. */
const placesOf = perObject(([, places]: [Found, ParamIndexMap | Params]) => Object.entries(places));

/** The answer to what no route of the contract takes: 404, or 405 with `Allow` (RFC 9110 §15.5.6). */
export function unknownRoute(contract: Contract): Answerer {
  const patterns = Object.values(contract).map((route) => ({ route, pattern: patternOf(route) }));
  return function unknownRoute(exchange) {
    const { path, method } = exchange;
    const matching = patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route);
    const literal = matching.filter((route) => route.path === path);
    const methods = (literal.length > 0 ? literal : matching).map((route) => route.method);
    if (methods.length === 0) throw new Problem("unknown-route");
    const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].join(
      ", ",
    );
    if (method === "OPTIONS") return respond(exchange, 204, { allow }, null);
    throw new Problem("method-not-allowed", { detail: `allowed are ${allow}` }, { allow });
  };
}

function patternOf(route: Route): RegExp {
  const source = route.path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+");
  return new RegExp(`^${source}$`);
}
