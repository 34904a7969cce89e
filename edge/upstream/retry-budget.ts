/** The share of requests that may be repeated. */
const SHARE = 0.1;
/** So that a single client's request may be, where there are not ten. */
const BURST = 10;

/**
 * What retries may add to the load of the origins: a tenth of the requests, and ten at once. Without it
 * an origin that is in trouble would get a multiple of its load just then.
 */
export class RetryBudget {
  #left = BURST;

  /** A request that is no retry. */
  deposit(): void {
    this.#left = Math.min(BURST, this.#left + SHARE);
  }

  /** Whether there may be a retry, which is then spent. */
  withdraw(): boolean {
    // Tenths do not add up exactly.
    if (this.#left < 1 - 1e-9) return false;
    this.#left -= 1;
    return true;
  }
}
