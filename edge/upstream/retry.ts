import { backoffMs } from "./backoff.ts";
import type { Outcome } from "./outcome.ts";

const MAX_ATTEMPTS = 3;
/** With less time left there is no use in asking. */
export const MIN_ATTEMPT_MS = 100;

export type Situation = {
  readonly outcome: Pick<Outcome, "kind"> & { readonly retryAfterMs?: number | null };
  /** Attempts so far. */
  readonly attempted: number;
  /** Whether the request does no harm when it is sent twice, and can be. */
  readonly isRepeatable: boolean;
  /** Whether there is another origin to turn to. */
  readonly hasOther: boolean;
  /** Whether the client is better served late than refused. */
  readonly isPatient: boolean;
  /** What is left of the request's budget, in milliseconds. */
  readonly leftMs: number;
  /** From 0 to 1. */
  readonly random: number;
};

/** After how many milliseconds a request is to be tried again; null: not at all. */
export function retryAfter(situation: Situation): number | null {
  const { outcome, attempted, isRepeatable, leftMs } = situation;
  if (!isRepeatable || attempted >= MAX_ATTEMPTS) return null;
  const waitMs = waitOf(situation, outcome);
  return waitMs === null || waitMs + MIN_ATTEMPT_MS > leftMs ? null : waitMs;
}

function waitOf(
  { attempted, hasOther, isPatient, random }: Situation,
  outcome: Situation["outcome"],
): number | null {
  const waitMs = backoffMs(attempted, random);
  switch (outcome.kind) {
    case "lost":
      return waitMs;
    case "late":
    case "slow":
      // The same origin would be no quicker.
      return hasOther ? waitMs : null;
    case "busy": {
      const { retryAfterMs = null } = outcome;
      if (retryAfterMs === null || retryAfterMs === 0) return waitMs;
      return isPatient ? retryAfterMs + waitMs : null;
    }
    default:
      return null;
  }
}
