import Type, { type TObject, type TProperties, type TSchema } from "typebox";
import type { CachePolicy, IdempotencyPolicy, QuotaName, RatePolicy, Shows } from "../policy.ts";
import type { BodyContract } from "../route.ts";

/** Pieces that several resources share. */

/** The pattern of a UUID (RFC 9562) in its canonical lower-case form. Ids made here are version 7. */
export const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

export const Id = Type.String({ pattern: `^${UUID}$`, description: "A UUID in lower case" });

/** An instant in UTC with millisecond precision, as RFC 3339 writes it. */
export const Timestamp = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
  description: "An RFC 3339 instant in UTC",
});

const LEAP_YEAR = "(?:[1-9]\\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)";
const LONG_MONTH_DAY = "(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])";
const SHORT_MONTH_DAY = "(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)";
const FEBRUARY_DAY = "02-(?:0[1-9]|1\\d|2[0-8])";

/**
 * A `Timestamp` that a client may send: of a day that the calendar has, from the year 1000 on, so that
 * what the schema takes can be stored and compared.
 */
export const Instant = Type.String({
  pattern:
    `^(?:[1-9]\\d{3}-(?:${LONG_MONTH_DAY}|${SHORT_MONTH_DAY}|${FEBRUARY_DAY})|${LEAP_YEAR}-02-29)` +
    "T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z$",
  description: "An RFC 3339 instant in UTC with milliseconds, such as 2026-11-21T08:00:00.000Z",
});

/** A count of changes; the `ETag` of the resource is `"<version>"`. */
export const Version = Type.Integer({ minimum: 1 });

/** An opaque, signed place in a list. Only ever use one that a `nextCursor` gave you. */
export const Cursor = Type.String({ minLength: 1, maxLength: 512 });

const page = {
  pageSize: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "Items per page" }),
  cursor: Type.Optional(Cursor),
};

/** The query of a list: the parameters that every list takes, and those it can be narrowed by. */
export function pageQuery(): TObject<typeof page>;
export function pageQuery<F extends TProperties>(filters: F): TObject<typeof page & F>;
export function pageQuery(filters: TProperties = {}) {
  return Type.Object({ ...page, ...filters }, { additionalProperties: false });
}

/** A page of `item`s: `{ data, meta: { nextCursor, pageSize } }`. */
export function Page<T extends TSchema>(item: T) {
  return Type.Object(
    {
      data: Type.Array(item),
      meta: Type.Object(
        {
          /** Null on the last page. */
          nextCursor: Nullable(Cursor),
          pageSize: Type.Integer(),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  );
}

export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** The header that names the version a write is meant for: one entity tag or `*` (RFC 9110 §13.1.1), no list. */
export const ifMatch = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      pattern: '^(?:\\*|(?:W/)?"[\\x21\\x23-\\x7e]*")$',
      description: "The ETag last read",
    }),
  ),
});

const none = Type.Object({}, { additionalProperties: false });

/** A request that says all by its method and path. What a route takes is put over it: `{ ...nothing, params }`. */
export const nothing = { params: none, query: none, headers: none, body: { kind: "none" } } as const;

/** A body of JSON. */
export function json<const S extends TSchema>(schema: S, maxBytes: number) {
  return { kind: "json", mediaType: "application/json", schema, maxBytes } as const satisfies BodyContract;
}

/** A JSON Merge Patch (RFC 7396): members that are absent stay. */
export function mergePatch<const S extends TSchema>(schema: S, maxBytes: number) {
  return {
    kind: "json",
    mediaType: "application/merge-patch+json",
    schema,
    maxBytes,
  } as const satisfies BodyContract;
}

/** The usual rate policy of a tenant's own resources: one unit of the client's quota. */
export const clientRate = {
  by: "client",
  quota: "default",
  cost: 1,
  whenUnavailable: "open",
} as const satisfies RatePolicy;

/** The rate policy of what is asked without a token: one unit of the address's quota. */
export function addressRate<const Q extends QuotaName>(quota: Q) {
  return { by: "address", quota, cost: 1, whenUnavailable: "open" } as const satisfies RatePolicy;
}

/** The idempotency of a change that names the version it is meant for. */
export const onceByIfMatch = {
  kind: "exempt",
  reason: "`If-Match` lets a repetition take effect once only",
} as const satisfies IdempotencyPolicy;

/** The idempotency of what makes a secret and shows it once. */
export const answersSecret = {
  kind: "exempt",
  reason: "its answer holds a secret, which must not be stored for a replay",
} as const satisfies IdempotencyPolicy;

/** The usual cache policy of a tenant's own data: shared within the tenant, renewed by writes. */
export function tenantCache<const S extends Shows>(shows: S) {
  return {
    kind: "shared",
    partition: "tenant",
    shows,
    maxAgeSeconds: 300,
    staleWhileRevalidateSeconds: 60,
    staleIfErrorSeconds: 86_400,
    blindMaxAgeSeconds: 10,
    notFoundMaxAgeSeconds: 5,
  } as const satisfies CachePolicy;
}
