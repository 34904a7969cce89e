import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { Problem } from "#shared/problems.ts";
import { SingleFlight } from "../single-flight.ts";

const FRESH_MS = 5 * 60_000;
/**
 * Keys older than this are not used, however long the issuer is away. As long as answers may be stale
 * in an outage of the origin, which is the issuer too: nobody could be given them otherwise.
 */
const STALE_MS = 24 * 60 * 60_000;
/** Between two fetches for a `kid` that the set does not have. */
const COOL_DOWN_MS = 30_000;
const FOLLOWER_PATIENCE_MS = 3_000;

type Loaded = { readonly lookUp: JWTVerifyGetKey; readonly at: number };
type WaitUntil = (work: Promise<unknown>) => void;
export type FetchKeySet = () => Promise<JSONWebKeySet>;

/**
 * The issuer's keys, kept in memory: fetched once for all that ask (jose's own remote set does not
 * share a fetch between requests on Workers), renewed in the background, and served stale for a
 * day while the issuer is down. An unknown `kid` causes at most one fetch per cool-down.
 */
export class KeySource {
  readonly #fetchKeySet: FetchKeySet;
  readonly #now: () => number;
  readonly #flight = new SingleFlight<JSONWebKeySet>(FOLLOWER_PATIENCE_MS);
  #loaded: Loaded | null = null;
  #attemptedAt = Number.NEGATIVE_INFINITY;

  constructor(fetchKeySet: FetchKeySet, now: () => number) {
    this.#fetchKeySet = fetchKeySet;
    this.#now = now;
  }

  /** A key lookup for one verification. */
  async lookUp(waitUntil: WaitUntil): Promise<JWTVerifyGetKey> {
    const loaded = await this.#current(waitUntil);
    return async (header, token) => {
      try {
        return await loaded.lookUp(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        if (this.#now() - this.#attemptedAt < COOL_DOWN_MS) throw error;
        const renewed = await this.#load(waitUntil);
        return renewed.lookUp(header, token);
      }
    };
  }

  async #current(waitUntil: WaitUntil): Promise<Loaded> {
    const loaded = this.#loaded;
    const age = loaded === null ? Number.POSITIVE_INFINITY : this.#now() - loaded.at;
    if (loaded === null || age > STALE_MS) return this.#load(waitUntil);
    if (age > FRESH_MS && this.#now() - this.#attemptedAt > COOL_DOWN_MS) {
      // A failure leaves the stale keys in use; the next request after the cool-down tries again.
      waitUntil(this.#load(waitUntil).catch(() => undefined));
    }
    return loaded;
  }

  async #load(waitUntil: WaitUntil): Promise<Loaded> {
    this.#attemptedAt = this.#now();
    const keySet = await this.#flight.run("keys", this.#fetchKeySet, waitUntil).catch(() => {
      throw new Problem("unavailable", { detail: "the keys that tokens are checked with cannot be had" });
    });
    const loaded = { lookUp: createLocalJWKSet(keySet), at: this.#now() };
    this.#loaded = loaded;
    return loaded;
  }
}
