/** Every header name with a meaning of its own here, once, in lower case (RFC 9113 §8.2.1). */
export const headers = {
  requestId: "x-request-id",
  correlationId: "x-correlation-id",
  traceparent: "traceparent",
  /** Edge to origin only: the signed statement of who asks (`identity.ts`). */
  assertion: "gatehouse-assertion",
  idempotencyKey: "idempotency-key",
  idempotencyReplayed: "idempotency-replayed",
  /**
   * Where in the order of commits a write stands: from origin to edge the bare transaction id, from edge to
   * client and back a signed token (edge/cache/consistency-token.ts).
   */
  consistency: "gatehouse-consistency",
  /** Origin to edge only: names the history of the database that the transaction id is of. */
  history: "gatehouse-history",
  /** Origin to edge only: what a write changed (`changes.ts`); absent when that is too much to say. */
  changed: "gatehouse-changed",
  /** Origin to edge only: for how many seconds the answer may be shown as fresh (`fresh-for.ts`). */
  freshFor: "gatehouse-fresh-for",
  /** Operator to edge only: the signature of an order (`operator.ts`). */
  operator: "gatehouse-operator",
  cacheStatus: "cache-status",
  serverTiming: "server-timing",
  rateLimit: "ratelimit",
  rateLimitPolicy: "ratelimit-policy",
  rateLimitLimit: "x-ratelimit-limit",
  rateLimitRemaining: "x-ratelimit-remaining",
  rateLimitReset: "x-ratelimit-reset",
} as const;

/** Accepts what a caller may choose as a request or correlation id; anything else is replaced. */
export const REQUEST_ID_PATTERN = /^[A-Za-z0-9_.:-]{8,128}$/;
