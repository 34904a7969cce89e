import { Breaker, type BreakerState } from "./breaker.ts";
import { type Outcome, type Sign, signOf } from "./outcome.ts";

/** What is known of one origin. Times are milliseconds since the epoch; null: not yet. */
export type OriginReport = {
  readonly state: BreakerState;
  readonly answeredAt: number | null;
  readonly failedAt: number | null;
};

export type Candidate = {
  readonly url: string;
  readonly breaker: Breaker;
  answeredAt: number | null;
  failedAt: number | null;
};

/** Told when a breaker changes; the number is the origin's place in `ORIGIN_URLS`, from 0. */
export type OnBreaker = (origin: number, state: BreakerState) => void;

/** The origins, each with its circuit breaker. */
export class Pool {
  readonly #candidates: readonly Candidate[];
  readonly #now: () => number;
  #turn = 0;

  constructor(urls: readonly string[], now: () => number, onBreaker: OnBreaker) {
    this.#now = now;
    this.#candidates = urls.map((url, i) => ({
      url,
      breaker: new Breaker({ now, onChange: (state) => onBreaker(i, state) }),
      answeredAt: null,
      failedAt: null,
    }));
  }

  /**
   * The origins as a request tries them: in turn. One that cannot be repeated goes to those in order
   * first, so that it does not find out for the others whether an origin is back.
   */
  inTurn(isRepeatable: boolean): readonly Candidate[] {
    const first = this.#turn++ % this.#candidates.length;
    const rotated = [...this.#candidates.slice(first), ...this.#candidates.slice(0, first)];
    return isRepeatable ? rotated : [...rotated.filter(isClosed), ...rotated.filter((one) => !isClosed(one))];
  }

  /** Whether there is no origin that is in order. */
  get isAway(): boolean {
    return !this.#candidates.some(isClosed);
  }

  hasOther(than: Candidate): boolean {
    return this.#candidates.some((one) => one !== than && isClosed(one));
  }

  /** Sends a request to an origin; null: its breaker is open. */
  async send(candidate: Candidate, attempt: (isProbe: boolean) => Promise<Outcome>): Promise<Outcome | null> {
    const judge = (outcome: Outcome) => this.#note(candidate, signOf(outcome));
    return candidate.breaker.run(attempt, judge);
  }

  report(): readonly OriginReport[] {
    return this.#candidates.map(({ breaker, answeredAt, failedAt }) => ({
      state: breaker.state,
      answeredAt,
      failedAt,
    }));
  }

  #note(candidate: Candidate, sign: Sign): Sign {
    if (sign === "alive") candidate.answeredAt = this.#now();
    if (sign === "dead") candidate.failedAt = this.#now();
    return sign;
  }
}

function isClosed({ breaker }: Candidate): boolean {
  return breaker.state === "closed";
}
