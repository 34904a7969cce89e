import type { MiddlewareHandler, NotFoundHandler } from "hono";
import { isCanonicalPath, MAX_TARGET_BYTES } from "#shared/canonical.ts";
import { Problem } from "#shared/problems.ts";
import type { Contract, Method, Route } from "#shared/route.ts";
import { type GatewayVariables, respond } from "./exchange.ts";
import { refuse } from "./problems.ts";

export type Target = { readonly path: string; readonly search: string };

/** Path and query of a request, exactly as the client sent them: `new URL` would tidy them up. */
export function rawTarget(url: string): Target {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("#", start);
  const target = end === -1 ? url.slice(start) : url.slice(start, end);
  const mark = target.indexOf("?");
  return mark === -1
    ? { path: target, search: "" }
    : { path: target.slice(0, mark), search: target.slice(mark + 1) };
}

/** Refuses whatever spelling of a path is not the only one, before anything looks at it. */
export function canonicalPath(): MiddlewareHandler<GatewayVariables> {
  return function canonicalPath(c, next) {
    const { path, search } = rawTarget(c.req.raw.url);
    if (path.length + search.length >= MAX_TARGET_BYTES) {
      throw new Problem("uri-too-long", { detail: `the limit is ${MAX_TARGET_BYTES} bytes` });
    }
    if (!isCanonicalPath(path)) throw new Problem("non-canonical-path");
    return next();
  };
}

/** The answer to what no route of the contract takes: 404, or 405 with `Allow` (RFC 9110 §15.5.6). */
export function unknownRoute(contract: Contract): NotFoundHandler<GatewayVariables> {
  const patterns = Object.values(contract).map((route) => ({ route, pattern: patternOf(route) }));
  return function unknownRoute(c) {
    const exchange = c.get("exchange");
    const { path } = rawTarget(c.req.raw.url);
    const matching = patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route);
    const literal = matching.filter((route) => route.path === path);
    const methods = (literal.length > 0 ? literal : matching).map((route) => route.method);
    if (methods.length === 0) return refuse(exchange, new Problem("unknown-route"));
    const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].join(
      ", ",
    );
    if (c.req.method === "OPTIONS") return respond(exchange, 204, { allow }, null);
    return refuse(exchange, new Problem("method-not-allowed", { detail: `allowed are ${allow}` }, { allow }));
  };
}

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The paths without parameters, each with the methods that it lacks: for these it is refused before
 * a parameter could match it (`/v1/products/import` is no product), as at the origin.
 */
export function missingMethods(contract: Contract): Map<string, Method[]> {
  const literal = Object.values(contract).filter(({ path }) => !path.includes(":"));
  return new Map(
    literal.map(({ path }) => {
      const present = literal.filter((route) => route.path === path).map(({ method }) => method);
      return [path, METHODS.filter((method) => !present.includes(method))];
    }),
  );
}

function patternOf(route: Route): RegExp {
  const source = route.path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+");
  return new RegExp(`^${source}$`);
}
