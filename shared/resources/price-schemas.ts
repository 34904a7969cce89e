import Type, { type Static } from "typebox";
import { Currency } from "../money.ts";
import { Cursor, Id, Instant, Nullable, Timestamp, Version } from "./common.ts";

/** An amount in minor units of the currency beside it. */
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** What a product costs in one currency from one instant until before another. */
export const Price = Type.Object(
  {
    id: Id,
    productId: Id,
    currency: Currency,
    listMinor: amount,
    /** What is charged instead of the list price; null: no sale. */
    saleMinor: Nullable(amount),
    validFrom: Timestamp,
    /** Null: until further notice. The same as `validFrom`: withdrawn before it began. */
    validUntil: Nullable(Timestamp),
    version: Version,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: "Price", additionalProperties: false },
);
export type Price = Static<typeof Price>;

/** What an order is charged now, in one currency. */
export const CurrentPrice = Type.Object(
  {
    currency: Currency,
    /** What is charged: the sale price where there is one. */
    amountMinor: amount,
    listMinor: amount,
    /** Null: the price that the product itself states, since none that is dated holds. */
    priceId: Nullable(Id),
  },
  { title: "CurrentPrice", additionalProperties: false },
);
export type CurrentPrice = Static<typeof CurrentPrice>;

export const PriceCreate = Type.Object(
  {
    productId: Id,
    currency: Currency,
    listMinor: amount,
    saleMinor: Type.Optional(Nullable(amount)),
    /** Left out: now. */
    validFrom: Type.Optional(Instant),
    validUntil: Type.Optional(Nullable(Instant)),
  },
  { title: "PriceCreate", additionalProperties: false },
);
export type PriceCreate = Static<typeof PriceCreate>;

/** Of a price that has begun, only `validUntil` can be changed: what was charged stays on record. */
export const PricePatch = Type.Object(
  {
    listMinor: Type.Optional(amount),
    saleMinor: Type.Optional(Nullable(amount)),
    validFrom: Type.Optional(Instant),
    validUntil: Type.Optional(Nullable(Instant)),
  },
  { title: "PricePatch", additionalProperties: false, minProperties: 1 },
);
export type PricePatch = Static<typeof PricePatch>;

const MAX_BULK = 1_000;

export const PriceBulk = Type.Object(
  { prices: Type.Array(PriceCreate, { minItems: 1, maxItems: MAX_BULK }) },
  { title: "PriceBulk", additionalProperties: false },
);

/** A page of a feed has no last one: what changes later comes after it. */
export const PriceFeed = Type.Object(
  {
    data: Type.Array(Price),
    meta: Type.Object(
      { nextCursor: Cursor, pageSize: Type.Integer(), hasMore: Type.Boolean() },
      { additionalProperties: false },
    ),
  },
  { title: "PriceFeed", additionalProperties: false },
);
