/**
 * Revocations: which tokens are refused although they verify, as origin, relay and edge agree on it.
 *
 * They only ever grow: whoever is let in again gets new tokens, the old ones stay refused. So two
 * accounts of them are merged by taking the later instant, in any order and as often as one likes.
 */

export const REVOCATION_KINDS = ["client", "subject", "tenant", "token"] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/** Instants are in whole seconds since the epoch, as in tokens (RFC 7519 §2, NumericDate). */
export type Revocation = {
  readonly kind: RevocationKind;
  /** `client_id`, `sub` or `jti`; empty for the tenant as a whole. */
  readonly id: string;
  /** Tokens issued (`iat`) before are refused; null for a single token. */
  readonly revokedBefore: number | null;
  /** No token that it refuses is valid any longer. */
  readonly expiresAt: number;
};

/** The furthest `exp` that is believed, counted from now: revocations are kept as long. */
export const MAX_TOKEN_LIFETIME_SECONDS = 366 * 86_400;

/**
 * How far the clocks of an issuer, of Postgres and of an edge may be apart, in seconds. `exp`, `nbf`
 * and `iat` are forgiven as much, and a revocation reaches as far beyond its own instant, so that a
 * token of an issuer whose clock is ahead does not escape it.
 */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** Revocations of one tenant that are kept one by one; beyond, the older half is folded into one of the tenant. */
export const MAX_REVOCATIONS = 10_000;

/**
 * The Redis key of the era (`freshness.ts`) whose revocations are all in Redis. Where it is missing or
 * names another era, Redis has lost data: a tenant without a log may have revocations.
 */
export const REVOCATIONS_ERA_KEY = "gatehouse:revocations";

/**
 * The Redis key of a tenant's revocations: a text that is only appended to. It begins with a random
 * name of `LOG_NAME_LENGTH` characters and a line feed; a text that is written anew has another.
 */
export function revocationsKey(tenantId: string): string {
  return `gatehouse:revocations:${tenantId}`;
}

/** A UUID. */
export const LOG_NAME_LENGTH = 36;

const LINE = /^([a-z]+) (\d+|-) (\d+) (\S*)$/;

/** One line of a log, in ASCII, so that characters are bytes. */
export function formatRevocation({ kind, id, revokedBefore, expiresAt }: Revocation): string {
  return `${kind} ${revokedBefore ?? "-"} ${expiresAt} ${encodeURIComponent(id)}\n`;
}

/** Reads lines of a log; what is no revocation is passed over. */
export function parseRevocations(text: string): Revocation[] {
  return text.split("\n").flatMap((line) => {
    const [, kind, revokedBefore, expiresAt, id = ""] = LINE.exec(line) ?? [];
    const known = REVOCATION_KINDS.find((name) => name === kind);
    if (known === undefined) return [];
    return [
      {
        kind: known,
        id: decodeURIComponent(id),
        revokedBefore: revokedBefore === "-" ? null : Number(revokedBefore),
        expiresAt: Number(expiresAt),
      },
    ];
  });
}
