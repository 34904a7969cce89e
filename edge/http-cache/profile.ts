/**
 * Where Cloudflare's documented rules and what RFC 9111 leaves open differ, as data.
 * docs/cache.md has each rule's source.
 */
export type Profile = {
  /** `Cache-Status` and via names use it (RFC 9211 §2). */
  readonly name: string;
  /** Response fields that overrule `Cache-Control`, the first that is there and valid (RFC 9213 §2.2). */
  readonly targeted: readonly string[];
  /** Response fields that the cache consumes. */
  readonly consumed: readonly string[];
  readonly heuristic: Heuristic;
  /** Status codes that are not stored whatever the response says. */
  readonly neverStored: ReadonlySet<number>;
  /** Whether a response that sets cookies may be stored (RFC 9111 §7.3 leaves it to the origin). */
  readonly storesCookies: boolean;
  /** Whether requests' `Cache-Control` and `Pragma` count (RFC 9111 §5.2.1: advisory). */
  readonly heedsRequestDirectives: boolean;
  /** Whether `no-cache, stale-while-revalidate=N` may be served while it is revalidated. */
  readonly servesNoCacheWhileRevalidating: boolean;
  /** Seconds for which a stale response without `stale-if-error` may stand in when the origin cannot be reached. */
  readonly staleWhenDisconnectedSeconds: number;
  /** The same when the origin answers with an error. */
  readonly staleOnErrorSeconds: number;
  /** The statuses that are such errors; any other answer replaces what is stored. */
  readonly isError: (status: number) => boolean;
  /** Whether equal meanings of a header that `Vary` names share a variant (RFC 9111 §4.1 allows it). */
  readonly normalisesVary: boolean;
  /**
   * How a request that a full response would answer as well is sent on when there is nothing to
   * answer it with: as a plain GET that fills the cache, or as it came.
   */
  readonly fill: "full" | "as-asked";
  /** Cache Deception Armor on responses that are fresh by heuristics only. */
  readonly armour: boolean;
};

export type Heuristic =
  /** Only for a response with neither `Cache-Control` nor `Expires`: seconds by status code. */
  | { readonly kind: "table"; readonly seconds: Readonly<Record<number, number>> }
  /** A fraction of the time since `Last-Modified` (RFC 9111 §4.2.2). */
  | { readonly kind: "last-modified"; readonly fraction: number; readonly maxSeconds: number };

const DAY = 86_400;

/** As Cloudflare documents Workers Cache. */
export const workers: Profile = {
  name: "gatehouse",
  targeted: ["cloudflare-cdn-cache-control", "cdn-cache-control"],
  consumed: ["cache-tag", "cloudflare-cdn-cache-control"],
  heuristic: {
    kind: "table",
    seconds: {
      200: 7200,
      203: 7200,
      204: 7200,
      300: 1200,
      301: 1200,
      404: 180,
      405: 60,
      410: 180,
      414: 60,
      501: 60,
    },
  },
  neverStored: new Set([206, 520, 521, 522, 523, 524, 525, 526]),
  storesCookies: false,
  heedsRequestDirectives: false,
  servesNoCacheWhileRevalidating: true,
  staleWhenDisconnectedSeconds: Number.POSITIVE_INFINITY,
  staleOnErrorSeconds: Number.POSITIVE_INFINITY,
  isError: (status) => status >= 500,
  normalisesVary: false,
  fill: "full",
  armour: true,
};

/** A transparent shared cache by RFC 9111, for any upstream. */
export const proxy: Profile = {
  name: "gatehouse",
  targeted: ["cdn-cache-control"],
  consumed: ["cache-tag"],
  heuristic: { kind: "last-modified", fraction: 0.1, maxSeconds: DAY },
  neverStored: new Set([206]),
  storesCookies: true,
  heedsRequestDirectives: true,
  servesNoCacheWhileRevalidating: false,
  // RFC 9111 §4.2.4: stale is for a cache that is disconnected; an answer, even a 5xx, is a connection.
  staleWhenDisconnectedSeconds: 7 * DAY,
  staleOnErrorSeconds: 0,
  // The only ones that stale-if-error speaks of (RFC 5861 §4); without its leave stale is forbidden.
  isError: (status) => [500, 502, 503, 504].includes(status),
  normalisesVary: true,
  fill: "as-asked",
  armour: false,
};
