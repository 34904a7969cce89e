import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhenResult,
} from "cockatiel";
import type { Sign } from "./outcome.ts";

export type BreakerState = "closed" | "half-open" | "open";

/** So many in a row, with nothing between them: half of all failing by chance hardly ever is that. */
const FAILURES = 5;
/**
 * How long nothing is sent to an origin before one request tries it. With the probe's own time it stays
 * below the 5 s in which an origin that is back must be found.
 */
const OPEN_MS = { initialDelay: 300, maxDelay: 1_500, generator: halfJitterGenerator };
/** What a probe has, at the most. */
export const PROBE_MS = 3_000;
/** Workers end a request's work when its client goes: a probe that has not ended by then never will. */
const PROBE_LOST_MS = PROBE_MS + 500;

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.HalfOpen]: "half-open",
  [CircuitState.Open]: "open",
  [CircuitState.Isolated]: "open",
};

type Options = {
  readonly now: () => number;
  readonly onChange: (state: BreakerState) => void;
};

/**
 * Whether an origin is worth asking. Closed: everybody may. After five failures in a row it opens, and
 * nobody waits any more; from time to time a single request tries, and the first that succeeds closes it.
 */
export class Breaker {
  readonly #options: Options;
  #policy: CircuitBreakerPolicy;
  #probedAt = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#policy = this.#make(undefined);
  }

  get state(): BreakerState {
    return STATES[this.#policy.state];
  }

  /**
   * Sends a request, if that may be.
   * @param signOf what an outcome says of the origin
   * @returns null: it may not
   */
  async run<T>(send: (isProbe: boolean) => Promise<T>, signOf: (outcome: T) => Sign): Promise<T | null> {
    if (this.#policy.state === CircuitState.HalfOpen) {
      // Whoever called the policy now would wait for the probe, which is another request's.
      if (this.#options.now() - this.#probedAt < PROBE_LOST_MS) return null;
      this.#policy = this.#make(this.#policy.toJSON());
    }
    const unjudged: { outcome?: T } = {};
    const judged = async () => {
      const isProbe = this.#policy.state === CircuitState.HalfOpen;
      if (isProbe) this.#probedAt = this.#options.now();
      const outcome = await send(isProbe);
      const sign = signOf(outcome);
      if (sign === "none" && !isProbe) {
        unjudged.outcome = outcome;
        // Past the policy, which counts every result as one or the other.
        throw new Error("an outcome that says nothing of the origin");
      }
      return { outcome, isFailure: sign !== "alive" };
    };
    try {
      return (await this.#policy.execute(judged)).outcome;
    } catch (error) {
      if (error instanceof BrokenCircuitError) return null;
      if (unjudged.outcome !== undefined) return unjudged.outcome;
      throw error;
    }
  }

  #make(initialState: unknown): CircuitBreakerPolicy {
    const policy = circuitBreaker(
      handleWhenResult((result) => (result as { isFailure: boolean }).isFailure),
      {
        breaker: new ConsecutiveBreaker(FAILURES),
        halfOpenAfter: new ExponentialBackoff(OPEN_MS),
        initialState,
      },
    );
    policy.onStateChange((state) => this.#options.onChange(STATES[state]));
    return policy;
  }
}
