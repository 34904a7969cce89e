import { headers as names } from "#shared/headers.ts";
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

/** A quota that a request was held to, and where it stands since. */
export type Charged = { readonly quota: Quota; readonly standing: Standing | null };

/**
 * Adds where the quota stands: draft-ietf-httpapi-ratelimit-headers-10 (structured fields, seconds) and two of the
 * older `X-RateLimit-*` trio. What never changes is in the quota's own fields (`plans.ts`).
 */
export function showStanding(headers: Headers, { quota, standing }: Charged): void {
  if (standing === null) return;
  const { remaining, resetSeconds } = standing;
  headers.set(names.rateLimit, `"${quota.policy}";r=${remaining};t=${resetSeconds}`);
  headers.set(names.rateLimitRemaining, String(remaining));
  headers.set(names.rateLimitReset, String(resetSeconds));
}
