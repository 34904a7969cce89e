import { base64url } from "jose";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/schema";

/** Who asks, as the edge established it from a verified token. */
export type Principal = {
  /** `sub` (RFC 9068 §2.2). */
  readonly subject: string;
  /** `client_id` (RFC 9068 §2.2): whose quota is charged. */
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
};

/** What the edge states to the origin about one request. */
export const AssertionClaims = Type.Object(
  {
    /** The receiver; an assertion for another service is worth nothing here. */
    aud: Type.Literal("gatehouse-origin"),
    /** The signing key's id, so that two are accepted while the secret is rotated. */
    kid: Type.String({ minLength: 1, maxLength: 64 }),
    /** Method and canonical path + query: `GET /v1/products?pageSize=10`. */
    target: Type.String({ minLength: 1, maxLength: 8192 }),
    /** Seconds since the epoch after which it is refused. */
    exp: Type.Integer(),
    /** What is left of the route's budget, in milliseconds. */
    budgetMs: Type.Integer({ minimum: 0 }),
    requestId: Type.String({ minLength: 1, maxLength: 128 }),
    tenantId: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    clientId: Type.Optional(Type.String()),
    scopes: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type AssertionClaims = Static<typeof AssertionClaims>;

/** How long an assertion is accepted after the edge signed it: two tiers' clock skew and a queue. */
export const ASSERTION_LIFETIME_SECONDS = 30;

const claimsCheck = Compile(AssertionClaims);

/**
 * The payload of an assertion `<payload>.<mac>`, base64url. The MAC is HMAC-SHA256 (RFC 2104) over
 * these very characters; each tier computes it with its own crypto, so that this file needs neither.
 */
export function encodeAssertion(claims: AssertionClaims): string {
  return base64url.encode(JSON.stringify(claims));
}

/**
 * Reads the claims of a payload whose MAC has been verified. Null when they are not well-formed.
 * @param json the payload, decoded: each tier does that in the way that costs it least
 */
export function parseClaims(json: string): AssertionClaims | null {
  const claims = parseJson(json);
  return claimsCheck.Check(claims) ? claims : null;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
