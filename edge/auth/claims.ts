import { isHostile } from "#shared/coerce.ts";
import type { Principal } from "#shared/identity.ts";
import { CLOCK_TOLERANCE_SECONDS, MAX_TOKEN_LIFETIME_SECONDS } from "#shared/revocation.ts";
import type { ClaimPath, TrustedIssuer } from "./issuer.ts";

const TENANT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_CLAIM_LENGTH = 256;
const MAX_SCOPES = 200;

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

type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads the claims that the gateway relies on, from where the issuer has them (our own: RFC 9068 §2.2,
 * and `tenant`). Null when one is missing, mistyped or absurd, or speaks for a tenant that is not the
 * issuer's; signature, issuer, audience and times have been verified.
 */
export function readClaims(payload: Claims, issuer: TrustedIssuer, nowSeconds: number): VerifiedToken | null {
  const { exp, iat, jti } = payload;
  if (!isInstant(exp) || !isInstant(iat)) return null;
  if (exp > nowSeconds + MAX_TOKEN_LIFETIME_SECONDS) return null;
  if (iat > nowSeconds + CLOCK_TOLERANCE_SECONDS) return null;
  const isOwn = issuer.name === null;
  if (!isName(jti) && (isOwn || jti !== undefined)) return null;
  const who = readParties(payload, issuer);
  const tenantId = readTenant(payload, issuer);
  const scopes = readScopes(payload, issuer);
  if (who === null || tenantId === null || scopes === null) return null;
  const named = (id: string) => (isOwn ? id : `${issuer.name}:${id}`);
  // Another issuer may mean something else by it: then there is no plan, and the default holds.
  const plan = issuer.claims.plan === null ? null : at(payload, issuer.claims.plan);
  return {
    principal: { subject: named(who.subject), clientId: named(who.client), tenantId, scopes },
    plan: isName(plan) ? plan : null,
    tokenId: isName(jti) ? named(jti) : null,
    issuedAt: iat,
    expiresAt: exp,
  };
}

/** Some issuers name only a user, or only a program: then that is the other too. */
function readParties(payload: Claims, issuer: TrustedIssuer): { subject: string; client: string } | null {
  const subject = at(payload, issuer.claims.subject);
  const client = at(payload, issuer.claims.client);
  if (isName(subject) && isName(client)) return { subject, client };
  if (issuer.name === null) return null;
  if (isName(subject) && client === undefined) return { subject, client: subject };
  if (isName(client) && (subject === undefined || subject === "")) return { subject: client, client };
  return null;
}

function readTenant(payload: Claims, { tenants }: TrustedIssuer): string | null {
  if (tenants.kind === "one") return tenants.tenantId;
  const claim = at(payload, tenants.claim);
  if (typeof claim !== "string") return null;
  if (tenants.kind === "mapped") return tenants.table.get(claim) ?? null;
  return TENANT_ID.test(claim) ? claim : null;
}

/** A string of words (RFC 8693 §4.2); with other issuers, or a list of them. */
function readScopes(payload: Claims, { name, claims, scopes }: TrustedIssuer): readonly string[] | null {
  const claim = at(payload, claims.scopes) ?? "";
  if (name === null && typeof claim !== "string") return null;
  const words: unknown = typeof claim === "string" ? claim.split(" ").filter((word) => word !== "") : claim;
  if (!Array.isArray(words) || words.length > MAX_SCOPES || !words.every(isName)) return null;
  const { map, allow, always } = scopes;
  const granted = map === null ? words : words.flatMap((word) => map.get(word) ?? []);
  return [...new Set([...granted.filter((scope) => allow === null || allow.has(scope)), ...always])];
}

function at(payload: Claims, path: ClaimPath): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return value;
}

function isName(claim: unknown): claim is string {
  if (typeof claim !== "string" || isHostile(claim)) return false;
  return claim.length > 0 && claim.length <= MAX_CLAIM_LENGTH;
}

function isInstant(claim: unknown): claim is number {
  return typeof claim === "number" && Number.isSafeInteger(Math.floor(claim)) && claim >= 0;
}
