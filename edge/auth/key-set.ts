import type { JSONWebKeySet, JWK } from "jose";

/** What an issuer answered when it was asked for its keys. */
export type FetchedKeySet = {
  readonly keys: JSONWebKeySet;
  /** `Cache-Control: max-age` of the answer, in seconds; null when it has none. */
  readonly maxAgeSeconds: number | null;
};

const MAX_KEYS = 100;
const KEY_TYPES: readonly unknown[] = ["EC", "RSA", "OKP"];

/**
 * Reads a JWK Set (RFC 7517 §5). Keys of other types, for encryption, without a name or with a private
 * part are left out, as §5 has it for keys that are not understood.
 * @throws Error when it is none, or too large
 */
export function readKeySet(text: string): JSONWebKeySet {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("keys" in value) || !Array.isArray(value.keys)) {
    throw new Error("the answer is not a JWK Set");
  }
  if (value.keys.length > MAX_KEYS) throw new Error("the JWK Set has too many keys");
  return { keys: value.keys.filter(isVerificationKey) };
}

function isVerificationKey(key: unknown): key is JWK {
  if (typeof key !== "object" || key === null) return false;
  if (!("kty" in key && KEY_TYPES.includes(key.kty)) || "d" in key) return false;
  if (!("kid" in key) || typeof key.kid !== "string" || key.kid === "") return false;
  return !("use" in key) || key.use === "sig";
}

/** The `max-age` of a `Cache-Control` (RFC 9111 §5.2.2.1), in seconds. */
export function maxAgeOf(cacheControl: string | null | undefined): number | null {
  const digits = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?:,|$)/i.exec(cacheControl ?? "")?.[1];
  return digits === undefined ? null : Number(digits);
}
