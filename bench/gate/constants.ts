/** Plans of the benchmark's clients: units a minute. */
export const PLANS = { q600: 600, q6000: 6_000, open: 100_000_000 } as const;

/** Far above the default: a machine that runs all parts and the load is slow, and that is not the question. */
export const REDIS_TIMEOUT_MS = 10_000;

/**
 * How long a signing key is published before it signs. Far less than by default, so that a rotation fits
 * into a run, but longer than origin and edge together keep a set of keys.
 */
export const PUBLISH_SECONDS = 120;
