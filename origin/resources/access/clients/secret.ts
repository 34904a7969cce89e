import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What is stored of a client's secrets; instants as the API writes them. */
export type StoredSecrets = {
  readonly secretHash: Buffer;
  readonly previousSecretHash: Buffer | null;
  readonly previousSecretExpiresAt: string | null;
};

const SECRET_BYTES = 32;

/** Compared with when there is nothing to compare with, so that the answer takes as long. */
const NO_HASH = Buffer.alloc(32);

/** A new secret: 256 random bits, which nobody guesses however fast the hash is. */
export function makeSecret(): { readonly secret: string; readonly secretHash: Buffer } {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { secret, secretHash: hashOf(secret) };
}

/**
 * Whether a secret is the client's, or the one before it within its grace period. Both are always
 * compared, in constant time.
 * @param now milliseconds since the epoch
 */
export function secretMatches(secret: string, stored: StoredSecrets | null, now: number): boolean {
  const hash = hashOf(secret);
  const isCurrent = timingSafeEqual(hash, stored?.secretHash ?? NO_HASH);
  const isPrevious = timingSafeEqual(hash, stored?.previousSecretHash ?? NO_HASH);
  const expiresAt = stored?.previousSecretExpiresAt ?? null;
  return isCurrent || (isPrevious && expiresAt !== null && now < Date.parse(expiresAt));
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
