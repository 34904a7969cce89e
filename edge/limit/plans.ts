import { headers as names } from "#shared/headers.ts";
import type { QuotaName } from "#shared/policy.ts";

/** What is allowed in a window, before it is read with the environment. */
type QuotaDefaults = {
  /** Units a window for whoever has no plan, or one that is not known. */
  readonly limit: number;
  /** Units a window for tokens whose `plan` claim names one of these. */
  readonly plans: Readonly<Record<string, number>>;
  readonly windowSeconds: number;
  /**
   * `leased`: fixed windows by Redis's clock, spent at the edge in batches (`lease.ts`).
   * `sliding`: one Redis call a request through @upstash/ratelimit, for routes where a burst at a
   * window's edge would matter more than a round trip.
   */
  readonly algorithm: "leased" | "sliding";
};

export type QuotaTable = Readonly<Record<QuotaName, QuotaDefaults>>;

/**
 * The quotas unless the environment sets other limits (`QUOTA_DEFAULT` and the like, `QUOTA_PLANS`).
 * The shield (wrangler.toml) stands above the largest of them.
 */
export const DEFAULT_QUOTAS: QuotaTable = {
  /** A client with a token. */
  default: {
    limit: 6_000,
    plans: { free: 600, scale: 30_000 },
    windowSeconds: 60,
    algorithm: "leased",
  },
  /** An address without one. */
  anonymous: { limit: 600, plans: {}, windowSeconds: 60, algorithm: "leased" },
  /** An address that asks for tokens: guessing a secret has to be slow. */
  token: { limit: 30, plans: {}, windowSeconds: 60, algorithm: "sliding" },
  /** An address that tries passwords. */
  login: { limit: 5, plans: {}, windowSeconds: 60, algorithm: "sliding" },
};

/** One limit of a quota: its own, or a plan's. */
export type Quota = {
  readonly name: QuotaName;
  /** What clients know it by: the plan, or the quota's own name. */
  readonly policy: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** `RateLimit-Policy` and `X-RateLimit-Limit`, which are the same on every answer that it holds for. */
  readonly fields: Readonly<Record<string, string>>;
};

/** @param plan null: the quota's own limit */
export function quotaOf(
  name: QuotaName,
  { limit: own, plans, windowSeconds }: QuotaDefaults,
  plan: string | null,
): Quota {
  const policy = plan ?? name;
  const limit = plan === null ? own : (plans[plan] ?? own);
  const fields = {
    [names.rateLimitPolicy]: `"${policy}";q=${limit};w=${windowSeconds}`,
    [names.rateLimitLimit]: String(limit),
  };
  return { name, policy, limit, windowSeconds, fields };
}
