import { parseQuery } from "#shared/coerce.ts";
import { headers as names } from "#shared/headers.ts";
import { readIdempotencyKey } from "#shared/idempotency-key.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import { tokenErrorOf } from "#shared/token-error.ts";
import { compileRoute } from "#shared/validate.ts";
import { type Exchange, respond, type Stage } from "./exchange.ts";

const TOKEN_ERROR_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

/**
 * Checks path, query, declared headers, idempotency key, media type and stated size against the route, and
 * settles the canonical target that cache and origin see. The body itself is the origin's to validate.
 */
export function validate(route: Route): Stage {
  const validators = compileRoute(route);
  const noQuery = validators.query([]);
  const noSearch = validators.canonicalQuery(noQuery.values);
  const takesKey = route.idempotency.kind === "key";
  const { body } = route.request;
  const isRfc6749 = body.kind === "form" && body.refusals === "rfc6749";

  function settleTarget(exchange: Exchange): void {
    const { path, search, headers: incoming } = exchange;
    const params = validators.params(Object.entries(exchange.params));
    const query = search === "" ? noQuery : validators.query(parseQuery(search));
    const headers = validators.headers(incoming);
    const parts = [params, query, headers];
    if (parts.some(({ violations }) => violations.length > 0)) {
      throw new Problem("invalid-request", { errors: parts.flatMap(({ violations }) => violations) });
    }
    validators.bodyHeaders(incoming);
    if (takesKey) readIdempotencyKey(route.idempotency, incoming.get(names.idempotencyKey));
    const canonical = query === noQuery ? noSearch : validators.canonicalQuery(query.values);
    exchange.target = canonical === "" ? path : `${path}?${canonical}`;
  }

  return function validate(exchange) {
    try {
      settleTarget(exchange);
    } catch (error) {
      const tokenError = isRfc6749 && error instanceof Problem ? tokenErrorOf(error) : null;
      if (tokenError === null) throw error;
      exchange.outcome = tokenError.error;
      return respond(exchange, 400, TOKEN_ERROR_HEADERS, JSON.stringify(tokenError));
    }
    return undefined;
  };
}
