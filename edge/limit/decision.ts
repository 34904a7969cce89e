import { headers } from "#shared/headers.ts";
import type { Quota } from "./plans.ts";

/** What a limiter says of one request. */
export type Decision = {
  readonly admitted: boolean;
  /** Null when not known: then no figure is shown rather than a wrong one. */
  readonly state: { readonly remaining: number; readonly resetSeconds: number } | null;
};

/** Admits or refuses `cost` units for `key`. Rejects when what it relies on cannot be reached. */
export type Limiter = (
  key: string,
  cost: number,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Decision>;

/**
 * The rate-limit headers of an answer: draft-ietf-httpapi-ratelimit-headers (structured fields,
 * seconds) and the older `X-RateLimit-*` trio.
 */
export function rateLimitHeaders(
  name: string,
  { limit, windowSeconds }: Quota,
  { state }: Decision,
): Record<string, string> {
  const policy = { [headers.rateLimitPolicy]: `"${name}";q=${limit};w=${windowSeconds}` };
  if (state === null) return policy;
  return {
    ...policy,
    [headers.rateLimit]: `"${name}";r=${state.remaining};t=${state.resetSeconds}`,
    [headers.rateLimitLimit]: String(limit),
    [headers.rateLimitRemaining]: String(state.remaining),
    [headers.rateLimitReset]: String(state.resetSeconds),
  };
}
