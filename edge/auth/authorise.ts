import type { MiddlewareHandler } from "hono";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { GatewayVariables } from "../exchange.ts";

/** Requires every scope of the route (RFC 6750 §3.1 `insufficient_scope`). */
export function authorise({ access }: Route): MiddlewareHandler<GatewayVariables> {
  const required = access.kind === "token" ? access.scopes : [];
  const scope = required.join(" ");
  return function authorise(c, next) {
    const granted = c.get("exchange").principal?.scopes ?? [];
    if (required.every((name) => granted.includes(name))) return next();
    throw new Problem(
      "insufficient-scope",
      { detail: `the token needs: ${scope}`, scope },
      { "www-authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
    );
  };
}
