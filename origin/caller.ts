import type { AssertionClaims } from "#shared/identity.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Caller } from "./call.ts";
import { isUuid } from "./uuid.ts";

/**
 * For whom a route is called, by the edge's assertion. The edge has checked the scopes; that they are
 * checked here as well costs nothing and keeps a mistake there from being one here.
 * @throws Problem `invalid-token` or `insufficient-scope`
 */
export function callerOf({ access }: Route, claims: AssertionClaims | null): Caller | null {
  if (access.kind === "public") return null;
  const tenantId = claims?.tenantId;
  if (claims === null || tenantId === undefined || !isUuid(tenantId)) throw new Problem("invalid-token");
  const { subject = null, clientId = null, scopes } = claims;
  if (!access.scopes.every((scope) => scopes.includes(scope))) {
    throw new Problem("insufficient-scope", { scope: access.scopes.join(" ") });
  }
  return { tenantId, subject, clientId, scopes };
}
