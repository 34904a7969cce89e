import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { NamedSecret } from "#shared/environment.ts";
import { type AssertionClaims, parseClaims } from "#shared/identity.ts";

/**
 * Checks an assertion `<payload>.<mac>` (shared/identity.ts) against the request it came with.
 * @param target the method and raw request target, as received: `GET /v1/products?pageSize=10`
 * @param nowSeconds since the epoch
 * @returns null when anything is wrong; which thing is nobody's business
 */
export type VerifyAssertion = (
  assertion: unknown,
  target: string,
  nowSeconds: number,
) => AssertionClaims | null;

/** @param secrets every key that is accepted: two while the edge changes from one to the next */
export function assertionVerifier(secrets: readonly NamedSecret[]): VerifyAssertion {
  const keys = secrets.map(({ kid, secret }) => ({ kid, key: createSecretKey(secret, "utf8") }));

  return function verifyAssertion(assertion, target, nowSeconds) {
    if (typeof assertion !== "string") return null;
    const dot = assertion.indexOf(".");
    if (dot === -1) return null;
    const payload = assertion.slice(0, dot);
    const mac = Buffer.from(assertion.slice(dot + 1));
    // The MAC decides before anything is parsed, so the key's id is looked at afterwards.
    const signer = keys.find(({ key }) => matches(macOf(payload, key), mac));
    if (signer === undefined) return null;
    const claims = parseClaims(Buffer.from(payload, "base64url").toString());
    if (claims === null || claims.kid !== signer.kid) return null;
    if (claims.exp <= nowSeconds || claims.target !== target) return null;
    return claims;
  };
}

/** As text, which Node makes in half of the time that it takes for a buffer of its own. */
function macOf(payload: string, key: KeyObject): Buffer {
  return Buffer.from(createHmac("sha256", key).update(payload).digest("base64url"));
}

function matches(expected: Buffer, actual: Buffer): boolean {
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
