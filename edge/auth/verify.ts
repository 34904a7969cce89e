import { type JWTVerifyGetKey, jwtVerify } from "jose";
import { Problem } from "#shared/problems.ts";
import { CLOCK_TOLERANCE_SECONDS } from "#shared/revocation.ts";
import { readClaims, type VerifiedToken } from "./claims.ts";
import type { TrustedIssuer } from "./issuer.ts";
import type { TokenParts } from "./token-parts.ts";

const MAX_KID_LENGTH = 256;

/** Whether a token's header is one that the issuer's tokens have; before any key is looked for. */
export function isExpected({ alg, kid, typ }: TokenParts["header"], issuer: TrustedIssuer): boolean {
  if (typeof kid !== "string" || kid === "" || kid.length > MAX_KID_LENGTH) return false;
  return issuer.algorithms.some((name) => name === alg) && issuer.types.includes(typeOf(typ));
}

/**
 * Verifies one access token (RFC 9068 §4, with RFC 8725's advice: pinned algorithms, nothing
 * taken from the header but the name of a key), whose header `isExpected`.
 *
 * @param now milliseconds since the epoch
 * @throws Problem `invalid-token`; problems of the key source pass through
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  issuer: TrustedIssuer,
  now: number,
): Promise<VerifiedToken> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [...issuer.algorithms],
    issuer: issuer.issuer,
    audience: [...issuer.audiences],
    requiredClaims: ["exp", "iat"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now),
  }).catch((error: unknown) => {
    // Whatever a token makes the library or the platform's cryptography say, it is the token's fault.
    throw error instanceof Problem ? error : invalidToken();
  });
  const verified = readClaims(payload, issuer, now / 1000);
  if (verified === null) throw invalidToken();
  return verified;
}

/** RFC 7515 §4.1.9: a media type, compared without regard to case, `application/` may be left out. */
function typeOf(typ: unknown): string | null {
  if (typ === undefined) return null;
  return typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
}

/** RFC 6750 §3.1. The reason stays inside: it would only help whoever forges. */
export function invalidToken(): Problem {
  return new Problem("invalid-token", {}, { "www-authenticate": 'Bearer error="invalid_token"' });
}
