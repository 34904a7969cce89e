import type { QuotaName } from "#shared/policy.ts";

/** A quota: `limit` units a window. */
export type Quota = {
  readonly limit: number;
  readonly windowSeconds: number;
  /**
   * `leased`: fixed windows by Redis's clock, spent at the edge in batches (`lease.ts`).
   * `sliding`: one Redis call a request through @upstash/ratelimit, for routes where a burst at a
   * window's edge would matter more than a round trip.
   */
  readonly algorithm: "leased" | "sliding";
};

export type Quotas = Readonly<Record<QuotaName, Quota>>;

/** The quotas unless the environment sets other limits (`QUOTA_DEFAULT` and the like). */
export const DEFAULT_QUOTAS: Quotas = {
  /** A client with a token. */
  default: { limit: 6_000, windowSeconds: 60, algorithm: "leased" },
  /** An address without one. */
  anonymous: { limit: 600, windowSeconds: 60, algorithm: "leased" },
  /** An address that asks for tokens: guessing a secret has to be slow. */
  token: { limit: 30, windowSeconds: 60, algorithm: "sliding" },
};
