import { setBounded } from "../bounded-map.ts";
import { MAX_CREDENTIALS_LENGTH } from "./bearer.ts";
import type { VerifiedToken } from "./claims.ts";
import type { KeySource } from "./keys.ts";
import { createTokenHash, type TokenHash } from "./token-hash.ts";

type WaitUntil = (work: Promise<unknown>) => void;
type Keys = Pick<KeySource, "edition">;

type Remembered = {
  readonly hash: TokenHash;
  readonly verified: VerifiedToken;
  readonly keys: Keys;
  /** The edition of the keys that it was verified with. */
  readonly edition: number;
};

/**
 * Tokens whose signature has been verified, so that a warm request verifies none: bounded, by the hash of their
 * credentials (`bearer.ts`), never past a token's expiry, and only as long as its issuer has the keys that it was
 * verified with.
 */
export class TokenMemory {
  readonly #capacity: number;
  readonly #hash = createTokenHash(MAX_CREDENTIALS_LENGTH);
  readonly #tokens = new Map<number, Remembered>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param now milliseconds since the epoch */
  recall(credentials: string, now: number, waitUntil: WaitUntil): VerifiedToken | null {
    if (credentials.length > MAX_CREDENTIALS_LENGTH) return null;
    const hash = this.#hash(credentials);
    const known = this.#tokens.get(hash[0]);
    if (known === undefined || !isSame(known.hash, hash)) return null;
    const isGood = known.verified.expiresAt > now / 1000 && known.keys.edition(waitUntil) === known.edition;
    if (isGood) return known.verified;
    this.#tokens.delete(hash[0]);
    return null;
  }

  /** @param edition of the keys, from before the token was verified with them */
  remember(credentials: string, verified: VerifiedToken, keys: Keys, edition: number): void {
    const hash = this.#hash(credentials);
    setBounded(this.#tokens, this.#capacity, hash[0], { hash, verified, keys, edition });
  }
}

function isSame([a, b, c, d]: TokenHash, [e, f, g, h]: TokenHash): boolean {
  return a === e && b === f && c === g && d === h;
}
