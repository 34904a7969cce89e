type WaitUntil = (work: Promise<unknown>) => void;

/** While the store is away, it is tried this often, by nobody's request. */
const PROBE_MS = 1_000;
/** A failure that came faster than this was no time-out, and is worth another try. */
const FAST_MS = 50;

/** Thrown at once while the store is known to be away. */
export class Away extends Error {
  constructor() {
    super("the store is away");
    this.name = "Away";
  }
}

/**
 * Knows whether the store can be asked. The first call that fails is the last one that anybody waits
 * for: from then on all are refused at once, until a probe in the background succeeds.
 */
export class Availability {
  readonly #probe: () => Promise<unknown>;
  readonly #now: () => number;
  #away = false;
  #probedAt = 0;

  constructor(probe: () => Promise<unknown>, now: () => number) {
    this.#probe = probe;
    this.#now = now;
  }

  /** Whether the store is known to be away. */
  get isAway(): boolean {
    return this.#away;
  }

  /** @throws Away while the store is away; else what `call` rejects with */
  async ask<T>(call: () => Promise<T>, waitUntil: WaitUntil): Promise<T> {
    if (this.#away) {
      this.#probeInTime(waitUntil);
      throw new Away();
    }
    const askedAt = this.#now();
    try {
      // A connection that is lost once says nothing about the store.
      return await call().catch((error: unknown) => {
        if (this.#away || this.#now() - askedAt >= FAST_MS) throw error;
        return call();
      });
    } catch (error) {
      this.#away = true;
      this.#probedAt = this.#now();
      throw error;
    }
  }

  #probeInTime(waitUntil: WaitUntil): void {
    if (this.#now() - this.#probedAt < PROBE_MS) return;
    this.#probedAt = this.#now();
    const back = () => {
      this.#away = false;
    };
    waitUntil(this.#probe().then(back, () => undefined));
  }
}
