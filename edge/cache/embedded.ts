import { SingleFlight } from "../single-flight.ts";
import type { Answer } from "./answer.ts";
import type { Shared } from "./key.ts";
import { isServableOnError, lifetimeSeconds, usability } from "./rules.ts";
import { Store } from "./store.ts";

/** An answer and how the cache came by it. */
export type Served = {
  readonly answer: Answer;
  readonly how: "hit" | "miss" | "stale";
  /** Seconds since it was stored. */
  readonly age: number;
  /** Seconds it stays fresh; negative when stale. Null: not stored. */
  readonly ttl: number | null;
};

type Load = () => Promise<Answer>;
type WaitUntil = (work: Promise<unknown>) => void;

const FOLLOWER_PATIENCE_MS = 5_000;

/**
 * The response cache where the platform has none: Workers Cache exists on Cloudflare only. It holds
 * what one isolate has seen, bounded in bytes.
 */
export class EmbeddedCache {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #flight = new SingleFlight<Answer>(FOLLOWER_PATIENCE_MS);

  /** @param maxBytes what bodies and headers may take together */
  constructor(maxBytes: number, now: () => number) {
    this.#store = new Store(maxBytes);
    this.#now = now;
  }

  async serve(key: string, policy: Shared, load: Load, waitUntil: WaitUntil): Promise<Served> {
    const entry = this.#store.get(key);
    if (entry === undefined) return this.#fill(key, policy, load, waitUntil);
    const age = (this.#now() - entry.storedAt) / 1000;
    const served = { answer: entry.answer, age, ttl: lifetimeSeconds(policy, entry.answer) - age };
    switch (usability(policy, entry.answer, age)) {
      case "fresh":
        return { ...served, how: "hit" };
      case "revalidate":
        waitUntil(this.#fill(key, policy, load, waitUntil).catch(() => undefined));
        return { ...served, how: "stale" };
      case "expired":
        return this.#fill(key, policy, load, waitUntil).catch((error: unknown) => {
          if (!isServableOnError(policy, entry.answer, age)) throw error;
          return { ...served, how: "stale" };
        });
    }
  }

  async #fill(key: string, policy: Shared, load: Load, waitUntil: WaitUntil): Promise<Served> {
    const answer = await this.#flight.run(key, load, waitUntil);
    const ttl = lifetimeSeconds(policy, answer);
    if (ttl <= 0) return { answer, how: "miss", age: 0, ttl: null };
    const stored = this.#store.set(key, { answer, storedAt: this.#now() });
    return { answer, how: "miss", age: 0, ttl: stored ? ttl : null };
  }
}
