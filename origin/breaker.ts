import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { Problem } from "#shared/problems.ts";

/** Stops asking what does not answer, and tries again with one request at a time. */
export type Breaker = {
  /** @throws Problem `unavailable` at once while it is known not to answer */
  readonly check: () => void;
  /** Runs `task` and learns from how it ended. @throws Problem `unavailable`; what `task` threw */
  readonly execute: <R>(task: () => Promise<R>) => Promise<R>;
  readonly state: () => "closed" | "open" | "half-open";
};

type Options = {
  /** Whether an error says that the dependency is away, rather than something of the request. */
  readonly isOutage: (error: unknown) => boolean;
  /** For how long nothing is tried after it has opened. */
  readonly pauseMs?: number;
  /** Milliseconds since any moment. */
  readonly now?: () => number;
};

/** Outages in a row, with nothing that succeeded between them. */
const FAILURES = 5;
/** After which one request is let through to see whether it answers again. */
const PAUSE_MS = 1_000;

export function createBreaker({
  isOutage,
  pauseMs = PAUSE_MS,
  now = () => performance.now(),
}: Options): Breaker {
  const policy = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: pauseMs,
    breaker: new ConsecutiveBreaker(FAILURES),
  });
  let openedAt = 0;
  let hasFailed = false;
  policy.onBreak(() => {
    openedAt = now();
  });
  const unavailable = () =>
    new Problem("unavailable", {}, { "retry-after": String(Math.ceil(pauseMs / 1000)) });

  async function learn<R>(task: () => Promise<R>): Promise<R> {
    try {
      const result = await policy.execute(task);
      hasFailed = false;
      return result;
    } catch (error) {
      hasFailed ||= isOutage(error);
      throw error instanceof BrokenCircuitError ? unavailable() : error;
    }
  }

  return {
    check() {
      if (policy.state === CircuitState.Closed) return;
      // Who would wait for the probe of another would hold a connection meanwhile.
      if (policy.state === CircuitState.HalfOpen || now() - openedAt < pauseMs) throw unavailable();
    },
    execute(task) {
      if (hasFailed) return learn(task);
      // As long as nothing fails there is nothing to count.
      return task().catch((error) => learn(() => Promise.reject(error)));
    },
    state() {
      if (policy.state === CircuitState.HalfOpen) return "half-open";
      return policy.state === CircuitState.Closed ? "closed" : "open";
    },
  };
}
