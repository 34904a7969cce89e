import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Stage } from "../exchange.ts";

/** Requires every scope of the route (RFC 6750 §3.1 `insufficient_scope`). */
export function authorise({ access }: Route): Stage {
  const required = access.kind === "token" ? access.scopes : [];
  const scope = required.join(" ");
  return function authorise({ principal }) {
    const granted = principal?.scopes ?? [];
    if (required.every((name) => granted.includes(name))) return undefined;
    throw new Problem(
      "insufficient-scope",
      { detail: `the token needs: ${scope}`, scope },
      { "www-authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
    );
  };
}
