import type { MiddlewareHandler } from "hono";
import { parseQuery } from "#shared/coerce.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import { compileRoute } from "#shared/validate.ts";
import type { GatewayVariables } from "./exchange.ts";
import { rawTarget } from "./paths.ts";

/**
 * Checks path, query, declared headers, media type and stated size against the route, and settles
 * the canonical target that cache and origin see. The body itself is the origin's to validate.
 */
export function validate(route: Route): MiddlewareHandler<GatewayVariables> {
  const validators = compileRoute(route);
  return function validate(c, next) {
    const { path, search } = rawTarget(c.req.raw.url);
    const params = validators.params(Object.entries(c.req.param()));
    const query = search === "" ? validators.query([]) : validators.query(parseQuery(search));
    const headers = validators.headers(c.req.raw.headers);
    const errors = [...params.violations, ...query.violations, ...headers.violations];
    if (errors.length > 0) throw new Problem("invalid-request", { errors });
    validators.bodyHeaders(c.req.raw.headers);
    const canonical = validators.canonicalQuery(query.values);
    c.get("exchange").target = canonical === "" ? path : `${path}?${canonical}`;
    return next();
  };
}
