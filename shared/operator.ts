/** What an operator may ask of the edge itself. It is no part of the public contract: to anyone else it is 404. */

/** Empties the response cache: a POST with `PurgeOrder` as its JSON body. */
export const PURGE_PATH = "/_edge/purge";

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
export function signedOrder(expiresAt: string, body: string): string {
  return `operator POST ${PURGE_PATH} ${expiresAt} ${body}`;
}
