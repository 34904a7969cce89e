/** What an operator may ask of the edge itself. It is no part of the public contract: to anyone else it is 404. */

/** Empties the response cache: a POST with `PurgeOrder` as its JSON body. */
export const PURGE_PATH = "/_edge/purge";

/** Shows what the isolate that answers has counted. */
export const METRICS_PATH = "/_edge/metrics";

/** Method and path: an order for one is none for the other. */
export const PURGE_TARGET = `POST ${PURGE_PATH}` as const;
export const METRICS_TARGET = `GET ${METRICS_PATH}` as const;
export type OrderTarget = typeof PURGE_TARGET | typeof METRICS_TARGET;

/** How long an order may be sent after it was signed; one that was overheard is soon worth nothing. */
export const ORDER_LIFETIME_SECONDS = 60;

/** Tags of one order (https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits). */
export const MAX_TAGS = 100;

export type PurgeOrder =
  | { readonly tags: readonly string[] }
  /** Every answer of every tenant. */
  | { readonly purgeEverything: true };

export type PurgeOutcome = {
  /** False when it was refused, such as for exceeding the platform's quota; nothing was purged then. */
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  /** Where it took effect: Cloudflare's network, or only the isolate that answered. */
  readonly reach: "network" | "isolate";
};

/**
 * What the MAC of an order is made of (HMAC-SHA256 under the secret that both tiers have). The prefix keeps
 * it apart from the MACs of assertions and consistency tokens. The header is `<expiry>.<mac>`.
 * @param expiresAt seconds since the epoch
 */
export function signedOrder(target: OrderTarget, expiresAt: string, body: string): string {
  return `operator ${target} ${expiresAt} ${body}`;
}
