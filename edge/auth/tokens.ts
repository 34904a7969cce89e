import { bearerToken, credentialsOf } from "./bearer.ts";
import type { VerifiedToken } from "./claims.ts";
import type { TrustedIssuer } from "./issuer.ts";
import type { KeySource } from "./keys.ts";
import { TokenMemory } from "./memory.ts";
import { readParts } from "./token-parts.ts";
import { invalidToken, isExpected, verifyToken } from "./verify.ts";

export type IssuerWithKeys = { readonly issuer: TrustedIssuer; readonly keys: KeySource };

type WaitUntil = (work: Promise<unknown>) => void;

const REMEMBERED = 10_000;

/** The tokens of all trusted issuers: verified when they are first seen, then known. */
export class Tokens {
  readonly #issuers: ReadonlyMap<string, IssuerWithKeys>;
  readonly #memory = new TokenMemory(REMEMBERED);
  readonly #now: () => number;

  constructor(issuers: readonly IssuerWithKeys[], now: () => number) {
    this.#issuers = new Map(issuers.map((trusted) => [trusted.issuer.issuer, trusted]));
    this.#now = now;
  }

  /**
   * What the token of an `Authorization` header says, at once when it is known. A header that is spelled as usual is
   * looked up as it came, without being read.
   * @throws Problem `malformed-authorization`, `invalid-token`, or `unavailable` when the issuer's keys cannot be
   *   had
   */
  read(authorization: string, waitUntil: WaitUntil): VerifiedToken | Promise<VerifiedToken> {
    const known = this.#memory.recall(authorization, this.#now(), waitUntil);
    if (known !== null) return known;
    const token = bearerToken(authorization);
    const usual = credentialsOf(token);
    const respelled = usual === authorization ? null : this.#memory.recall(usual, this.#now(), waitUntil);
    return respelled ?? this.#verify(token, waitUntil);
  }

  async #verify(token: string, waitUntil: WaitUntil): Promise<VerifiedToken> {
    const parts = readParts(token);
    // Nothing is believed yet: the issuer that it names only says whose keys to try.
    const named = parts?.payload["iss"];
    const trusted = typeof named === "string" ? this.#issuers.get(named) : undefined;
    if (parts === null || trusted === undefined) throw invalidToken();
    const { issuer, keys } = trusted;
    if (!isExpected(parts.header, issuer)) throw invalidToken();
    const lookUp = await keys.lookUp(waitUntil);
    const edition = keys.edition(waitUntil);
    const verified = await verifyToken(token, lookUp, issuer, this.#now());
    if (edition !== null) this.#memory.remember(credentialsOf(token), verified, keys, edition);
    return verified;
  }
}
