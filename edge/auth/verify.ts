import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { Problem } from "#shared/problems.ts";
import { CLOCK_TOLERANCE_SECONDS } from "#shared/revocation.ts";
import { readClaims, type VerifiedToken } from "./claims.ts";

export type TokenPolicy = { readonly issuer: string; readonly audience: string };

/**
 * Verifies one access token (RFC 9068 §4, with RFC 8725's advice: one pinned algorithm, an explicit
 * type, nothing taken from the header but `kid`).
 *
 * @param now milliseconds since the epoch
 * @throws Problem `invalid-token`; errors of the key source pass through
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: TokenPolicy,
  now: number,
): Promise<VerifiedToken> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ["ES256"],
    typ: "at+jwt",
    issuer,
    audience,
    requiredClaims: ["exp", "iat", "sub", "jti"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now),
  }).catch((error: unknown) => {
    throw error instanceof errors.JOSEError ? invalidToken() : error;
  });
  const verified = readClaims(payload, now / 1000);
  if (verified === null) throw invalidToken();
  return verified;
}

/** RFC 6750 §3.1. The reason stays inside: it would only help whoever forges. */
export function invalidToken(): Problem {
  return new Problem("invalid-token", {}, { "www-authenticate": 'Bearer error="invalid_token"' });
}
