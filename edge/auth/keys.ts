import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { Problem } from "#shared/problems.ts";
import { SingleFlight } from "../single-flight.ts";
import { within } from "../within.ts";
import type { FetchedKeySet } from "./key-set.ts";

/** Seconds that keys are good for, whatever their issuer says: a key that is taken back has to stop being accepted. */
const MIN_FRESH_SECONDS = 60;
const DEFAULT_FRESH_SECONDS = 300;
const MAX_FRESH_SECONDS = 600;
/** They are renewed before that, in the background. */
const RENEW_AT = 0.8;
/** Between two fetches for a `kid` that the set does not have, and after a fetch that failed. */
const COOL_DOWN_MS = 30_000;
/** After a fetch that failed while there are no keys at all: nobody waits for an issuer that is away. */
const RETRY_MS = 1_000;
const FOLLOWER_PATIENCE_MS = 3_000;
/** Whoever finds out where the keys are, or waited for another's fetch first, stays within a route's budget. */
const MAX_WAIT_MS = 3_500;
/** Whoever comes to keys that nobody has asked for in their time waits so long for new ones, then takes the old. */
const RENEWAL_WAIT_MS = 1_000;

type Loaded = {
  readonly lookUp: JWTVerifyGetKey;
  /** The keys as text, to tell whether they have changed. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
  readonly renewAt: number;
  /** After that they are renewed before they are used, as long as the issuer can be asked. */
  readonly freshUntil: number;
  readonly staleAt: number;
  /** Counts the sets that differed. */
  readonly edition: number;
};
type WaitUntil = (work: Promise<unknown>) => void;
export type FetchKeySet = () => Promise<FetchedKeySet>;

/**
 * One issuer's keys, kept in memory: fetched once for all that ask (jose's own remote set does not
 * share a fetch between requests on Workers), renewed in the background before they are too old, or before
 * they are used when nobody came meanwhile, and served stale for a while when the issuer is down. An unknown `kid` causes at most one fetch per
 * cool-down.
 */
export class KeySource {
  readonly #fetchKeySet: FetchKeySet;
  readonly #now: () => number;
  readonly #staleMs: number;
  readonly #flight = new SingleFlight<FetchedKeySet>(FOLLOWER_PATIENCE_MS);
  #loaded: Loaded | null = null;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;

  /** @param staleSeconds how long keys are used after they were fetched last, when they cannot be renewed */
  constructor(fetchKeySet: FetchKeySet, now: () => number, staleSeconds: number) {
    this.#fetchKeySet = fetchKeySet;
    this.#now = now;
    this.#staleMs = staleSeconds * 1_000;
  }

  /**
   * Which set of keys is in use: what was verified with another may not be good any more. Null when
   * there is none that may be used unasked. Keeps the keys warm.
   */
  edition(waitUntil: WaitUntil): number | null {
    const loaded = this.#loaded;
    const now = this.#now();
    if (loaded === null || now > loaded.staleAt || this.#isOverdue(loaded, now)) return null;
    this.#keepWarm(loaded, now, waitUntil);
    return loaded.edition;
  }

  /** Whether there are keys that may be used. */
  isUsable(): boolean {
    return this.#loaded !== null && this.#now() <= this.#loaded.staleAt;
  }

  /** Fetches the keys, if there are none. */
  async warm(waitUntil: WaitUntil): Promise<void> {
    await this.#current(waitUntil);
  }

  /** A key lookup for one verification. */
  async lookUp(waitUntil: WaitUntil): Promise<JWTVerifyGetKey> {
    const loaded = await this.#current(waitUntil);
    return async (header, token) => {
      try {
        return await loaded.lookUp(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const renewed = await this.#newerThan(loaded, waitUntil);
        return renewed.lookUp(header, token);
      }
    };
  }

  /**
   * Keys that were fetched after these, or these again during the cool-down. A renewal that is under way
   * is waited for: an edge that was idle for long begins one with the very request that needs a new key.
   */
  async #newerThan(loaded: Loaded, waitUntil: WaitUntil): Promise<Loaded> {
    const underWay = await this.#flight.join("keys");
    if (underWay !== null) return this.#keep(underWay);
    if (this.#loaded !== null && this.#loaded !== loaded) return this.#loaded;
    if (this.#now() - this.#attemptedAt < COOL_DOWN_MS) return loaded;
    // An issuer that cannot be asked now has said which keys it has: this is none of them.
    return this.#load(waitUntil).catch(() => loaded);
  }

  async #current(waitUntil: WaitUntil): Promise<Loaded> {
    const loaded = this.#loaded;
    const now = this.#now();
    if (loaded === null || now > loaded.staleAt) return this.#load(waitUntil);
    if (this.#isOverdue(loaded, now)) {
      const load = this.#load(waitUntil);
      waitUntil(load.catch(() => undefined));
      return within(load, RENEWAL_WAIT_MS).catch(() => loaded);
    }
    this.#keepWarm(loaded, now, waitUntil);
    return loaded;
  }

  /** Nobody has asked for the keys while they were to be renewed: one of them may have been withdrawn since. */
  #isOverdue({ freshUntil, loadedAt }: Loaded, now: number): boolean {
    const hasTried = this.#failedAt >= loadedAt || now - this.#attemptedAt < COOL_DOWN_MS;
    return now > freshUntil && !hasTried;
  }

  #keepWarm(loaded: Loaded, now: number, waitUntil: WaitUntil): void {
    if (now <= loaded.renewAt || now - this.#attemptedAt <= COOL_DOWN_MS) return;
    // A failure leaves the stale keys in use; the next request after the cool-down tries again.
    waitUntil(this.#load(waitUntil).catch(() => undefined));
  }

  async #load(waitUntil: WaitUntil): Promise<Loaded> {
    this.#attemptedAt = this.#now();
    const load = this.#flight.run("keys", () => this.#fetch(), waitUntil);
    const fetched = await within(load, MAX_WAIT_MS).catch(() => {
      throw new Problem("unavailable", { detail: "the keys that tokens are checked with cannot be had" });
    });
    return this.#keep(fetched);
  }

  #keep(fetched: FetchedKeySet): Loaded {
    const loaded = this.#accept(fetched, this.#now());
    this.#loaded = loaded;
    return loaded;
  }

  async #fetch(): Promise<FetchedKeySet> {
    if (this.#now() - this.#failedAt < RETRY_MS) throw new Error("the issuer was away a moment ago");
    try {
      return await this.#fetchKeySet();
    } catch (error) {
      this.#failedAt = this.#now();
      throw error;
    }
  }

  #accept({ keys, maxAgeSeconds }: FetchedKeySet, now: number): Loaded {
    const freshSeconds = Math.min(
      Math.max(maxAgeSeconds ?? DEFAULT_FRESH_SECONDS, MIN_FRESH_SECONDS),
      MAX_FRESH_SECONDS,
    );
    const text = JSON.stringify(keys);
    const before = this.#loaded;
    const times = {
      loadedAt: now,
      renewAt: now + freshSeconds * 1_000 * RENEW_AT,
      freshUntil: now + freshSeconds * 1_000,
      staleAt: now + this.#staleMs,
    };
    if (before?.text === text) return { ...before, ...times };
    return { lookUp: createLocalJWKSet(keys), text, edition: (before?.edition ?? 0) + 1, ...times };
  }
}
