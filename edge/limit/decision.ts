import { headers } from "#shared/headers.ts";
import type { Quota } from "./plans.ts";

/** Where a quota stands after a request. */
export type Standing = { readonly remaining: number; readonly resetSeconds: number };

/** What a limiter says of one request. */
export type Decision = {
  readonly admitted: boolean;
  /** Null when not known: then no figure is shown rather than a wrong one. */
  readonly standing: Standing | null;
  /** Whole seconds until a refused request may succeed. */
  readonly retryAfterSeconds: number;
  /** Gives back what an admitted request was charged; to be called once. */
  readonly refund: () => void;
};

/**
 * Charges `cost` units to `key`. Rejects when what it relies on cannot be reached. Not a promise when
 * nothing had to be waited for, as is usual: that is worth a tenth of what it costs.
 */
export type Limiter = (
  key: string,
  cost: number,
  waitUntil: (work: Promise<unknown>) => void,
) => Decision | Promise<Decision>;

/**
 * The rate-limit headers of an answer: draft-ietf-httpapi-ratelimit-headers-10 (structured fields,
 * seconds) and the older `X-RateLimit-*` trio.
 */
export function rateLimitHeaders(
  { policy, policyField, limit }: Quota,
  standing: Standing | null,
): Record<string, string> {
  if (standing === null) return { [headers.rateLimitPolicy]: policyField };
  const { remaining, resetSeconds } = standing;
  return {
    [headers.rateLimitPolicy]: policyField,
    [headers.rateLimit]: `"${policy}";r=${remaining};t=${resetSeconds}`,
    [headers.rateLimitLimit]: String(limit),
    [headers.rateLimitRemaining]: String(remaining),
    [headers.rateLimitReset]: String(resetSeconds),
  };
}
