import { setBounded } from "../bounded-map.ts";
import type { VerifiedToken } from "./claims.ts";

/**
 * Tokens whose signature has been verified, so that a warm request verifies none. Bounded, and
 * never past a token's expiry.
 */
export class TokenMemory {
  readonly #capacity: number;
  readonly #tokens = new Map<string, VerifiedToken>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param nowSeconds seconds since the epoch */
  recall(token: string, nowSeconds: number): VerifiedToken | null {
    const known = this.#tokens.get(token);
    if (known === undefined) return null;
    if (known.expiresAt > nowSeconds) return known;
    this.#tokens.delete(token);
    return null;
  }

  remember(token: string, verified: VerifiedToken): void {
    setBounded(this.#tokens, this.#capacity, token, verified);
  }
}
