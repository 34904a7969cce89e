import type { JWTPayload } from "jose";
import { isHostile } from "#shared/coerce.ts";
import type { Principal } from "#shared/identity.ts";

import { CLOCK_TOLERANCE_SECONDS, MAX_TOKEN_LIFETIME_SECONDS } from "#shared/revocation.ts";

const TENANT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_CLAIM_LENGTH = 256;

export type VerifiedToken = {
  readonly principal: Principal;
  /** Whose quota it is (`plan`; edge/limit/plans.ts), if the issuer says. */
  readonly plan: string | null;
  /** `jti`: what a single token is revoked by. */
  readonly tokenId: string | null;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
};

/**
 * Reads the claims that the gateway relies on (RFC 9068 §2.2, and `tenant`). Null when one is
 * missing, mistyped or absurd; signature, issuer, audience and times have been verified.
 */
export function readClaims(payload: JWTPayload, nowSeconds: number): VerifiedToken | null {
  const { sub, exp, iat, jti } = payload;
  const { client_id: clientId, tenant: tenantId, scope = "" } = payload;
  if (!isName(sub) || !isName(clientId) || !isName(jti)) return null;
  if (typeof tenantId !== "string" || !TENANT_ID.test(tenantId)) return null;
  if (typeof scope !== "string") return null;
  if (!isInstant(exp) || !isInstant(iat)) return null;
  if (exp > nowSeconds + MAX_TOKEN_LIFETIME_SECONDS || iat > nowSeconds + CLOCK_TOLERANCE_SECONDS)
    return null;
  const scopes = scope.split(" ").filter((name) => name !== "");
  // Another issuer may mean something else by it: then there is no plan, and the default holds.
  const plan = isName(payload["plan"]) ? payload["plan"] : null;
  return {
    principal: { subject: sub, clientId, tenantId, scopes },
    plan,
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
  };
}

function isName(claim: unknown): claim is string {
  if (typeof claim !== "string" || isHostile(claim)) return false;
  return claim.length > 0 && claim.length <= MAX_CLAIM_LENGTH;
}

function isInstant(claim: unknown): claim is number {
  return typeof claim === "number" && Number.isSafeInteger(Math.floor(claim)) && claim >= 0;
}
