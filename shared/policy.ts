/**
 * The policies a route declares. Every field is required: what a route does not say, it does not
 * have, and nothing is inferred from a path.
 */

export type Verb = "read" | "write" | "admin";

/** A permission, `area:verb` (RFC 6749 §3.3 scope-token). The closed set is `scopesOf(contract)`. */
export type Scope = `${string}:${Verb}`;

/** Who may call the route. */
export type AccessPolicy =
  | { readonly kind: "public" }
  /** A valid bearer token that carries every one of `scopes` (none: any valid token). */
  | { readonly kind: "token"; readonly scopes: readonly Scope[] };

/** How often the route may be called. */
export type RatePolicy = {
  /** Whose quota is charged: the token's client, or the caller's network address. */
  readonly by: "client" | "address";
  /** The name of the quota in the plan (`edge/limit/plans.ts`). */
  readonly quota: QuotaName;
  /** Units of the quota that one request costs, an integer >= 1. */
  readonly cost: number;
  /** While Redis cannot be asked: admit at the local fallback rate, or refuse with 503. */
  readonly whenUnavailable: "open" | "closed";
};

export type QuotaName = "default" | "anonymous" | "token" | "login";

/** Which versions of the tenant's data an answer shows: a write to them makes it unreachable. */
export type Shows =
  /** Nothing that a write changes (the API description). */
  | { readonly kind: "static" }
  /** Any item of the collection. */
  | { readonly kind: "list"; readonly collection: string }
  /** One item, named by a path parameter that holds its id. */
  | { readonly kind: "item"; readonly collection: string; readonly param: string };

/** Whether, for whom and how long the answer may be cached (RFC 9111; seconds throughout). */
export type CachePolicy =
  /** Leaves with `Cache-Control: no-store`. */
  | { readonly kind: "none" }
  | {
      readonly kind: "shared";
      /** Who shares one stored answer. */
      readonly partition: "everyone" | "tenant" | "subject";
      readonly shows: Shows;
      readonly maxAgeSeconds: number;
      readonly staleWhileRevalidateSeconds: number;
      readonly staleIfErrorSeconds: number;
      /** The age an answer may reach while the edge cannot learn of writes (is blind). */
      readonly blindMaxAgeSeconds: number;
      /** How long a 404 may be kept, at most 5. */
      readonly notFoundMaxAgeSeconds: number;
    };

/** What repeating the request does (draft-ietf-httpapi-idempotency-key-header-07). */
export type IdempotencyPolicy =
  /** The method alone makes a repetition harmless (RFC 9110 §9.2.2). */
  | { readonly kind: "natural" }
  /** `Idempotency-Key` is honoured, and refused when missing if `required`. */
  | { readonly kind: "key"; readonly required: boolean }
  /** Repetition is not detected; `reason` says why that is right. */
  | { readonly kind: "exempt"; readonly reason: string };
