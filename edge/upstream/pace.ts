/** What origins that are back may get of all together, as a multiple of what they got before. */
const HEADROOM = 1.25;
/** Requests a second below which there is nothing to spare them. */
const FLOOR = 10;
/** Weight of the last second in the average of those before. */
const WEIGHT = 0.1;
/** Nobody had to wait for so long: what was left undone is done. */
const QUIET_MS = 2_000;
/** What may be saved up, in seconds. */
const SAVED = 0.2;

/**
 * Keeps what can wait from falling upon origins that have just come back. While they were away, what is
 * cached went on ageing, and all of it would be asked for again at once; as long as nothing has been
 * written it is as good as ever, and can be answered from for as long as it may be stale.
 *
 * Times are milliseconds since the epoch.
 */
export class Pace {
  #phase: "well" | "away" | "returning" = "well";
  /** Requests a second to all origins, averaged while all was well. */
  #steady = 0;
  #second = 0;
  #count = 0;
  #tokens = 0;
  #filledAt = 0;
  #deferredAt = 0;

  /** No origin is to be asked any more. */
  away(now: number): void {
    if (this.#phase === "well") this.#settle(now);
    this.#phase = "away";
  }

  /** One of them is again. */
  back(now: number): void {
    if (this.#phase !== "away") return;
    this.#phase = "returning";
    this.#tokens = 0;
    this.#filledAt = now;
    this.#deferredAt = now;
  }

  /** A request goes to an origin, whether it could have waited or not. */
  sent(now: number): void {
    if (this.#phase === "well") {
      this.#settle(now);
      this.#count++;
    } else if (this.#phase === "returning") {
      this.#fill(now);
      // What could not wait is made up for, but for no more than a second.
      this.#tokens = Math.max(-this.#rate, this.#tokens - 1);
    }
  }

  /** Whether a request that can wait may go now. */
  admits(now: number): boolean {
    if (this.#phase !== "returning") return true;
    if (now - this.#deferredAt > QUIET_MS) {
      this.#phase = "well";
      this.#second = secondOf(now);
      this.#count = 0;
      return true;
    }
    this.#fill(now);
    if (this.#tokens >= 1) return true;
    this.#deferredAt = now;
    return false;
  }

  get #rate(): number {
    return HEADROOM * Math.max(this.#steady, FLOOR);
  }

  #fill(now: number): void {
    const earned = (Math.max(0, now - this.#filledAt) / 1_000) * this.#rate;
    this.#tokens = Math.min(Math.max(1, SAVED * this.#rate), this.#tokens + earned);
    this.#filledAt = now;
  }

  #settle(now: number): void {
    const second = secondOf(now);
    const elapsed = second - this.#second;
    if (elapsed <= 0) return;
    const averaged = this.#steady === 0 ? this.#count : this.#steady * (1 - WEIGHT) + this.#count * WEIGHT;
    this.#steady = averaged * (1 - WEIGHT) ** (elapsed - 1);
    this.#second = second;
    this.#count = 0;
  }
}

function secondOf(now: number): number {
  return Math.floor(now / 1_000);
}
