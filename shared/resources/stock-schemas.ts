import Type, { type Static } from "typebox";
import { Id, Nullable, Page, Timestamp, Version } from "./common.ts";

/** Pieces of a product, at most so many of one product at one place. */
export const MAX_QUANTITY = 1_000_000_000;

const count = Type.Integer({ minimum: 0, maximum: MAX_QUANTITY });

/** The tenant's own name of a place where stock is kept. */
export const Location = Type.String({
  pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$",
  description: "The name of a place: letters, digits, `.`, `_` and `-`",
});

const counts = {
  onHand: count,
  /** Promised to orders and reservations, and still on hand. */
  reserved: count,
  /** What can be promised: `onHand` - `reserved`. */
  available: count,
};

export const StockLevel = Type.Object(
  { productId: Id, location: Location, ...counts, version: Version, updatedAt: Timestamp },
  { title: "StockLevel", additionalProperties: false },
);
export type StockLevel = Static<typeof StockLevel>;

/** A product's stock everywhere. */
export const Stock = Type.Object(
  {
    productId: Id,
    onHand: Type.Integer({ minimum: 0 }),
    reserved: Type.Integer({ minimum: 0 }),
    available: Type.Integer({ minimum: 0 }),
    /** In order of location. */
    levels: Type.Array(StockLevel),
  },
  { title: "Stock", additionalProperties: false },
);
export type Stock = Static<typeof Stock>;

const reason = Type.String({ minLength: 1, maxLength: 200 });

export const StockAdjustment = Type.Object(
  { change: Type.Integer({ minimum: -MAX_QUANTITY, maximum: MAX_QUANTITY }), reason },
  { title: "StockAdjustment", additionalProperties: false },
);

export const StockCount = Type.Object(
  { onHand: count, reason },
  { title: "StockCount", additionalProperties: false },
);

/** Why stock changed. */
export const MovementCause = Type.Enum([
  "adjusted",
  "counted",
  "reserved",
  "released",
  "expired",
  "fulfilled",
]);
export type MovementCause = Static<typeof MovementCause>;

const change = Type.Integer({ minimum: -MAX_QUANTITY, maximum: MAX_QUANTITY });

/** One change of one level, as it was written down; never changed afterwards. */
export const StockMovement = Type.Object(
  {
    id: Id,
    productId: Id,
    location: Location,
    cause: MovementCause,
    onHandChange: change,
    reservedChange: change,
    /** The level afterwards, and its version: one movement for each. */
    onHand: count,
    reserved: count,
    version: Version,
    reason: Nullable(reason),
    reservationId: Nullable(Id),
    orderId: Nullable(Id),
    createdAt: Timestamp,
  },
  { title: "StockMovement", additionalProperties: false },
);

export const StockMovementPage = Page(StockMovement);

export const ReservationState = Type.Enum(["active", "released", "expired", "fulfilled"]);

/** Stock that is set aside for somebody, for a while or for an order. */
export const Reservation = Type.Object(
  {
    id: Id,
    productId: Id,
    location: Location,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }),
    state: ReservationState,
    /** The order it was made for; null: none. */
    orderId: Nullable(Id),
    /** Null: when its order is fulfilled or cancelled. */
    expiresAt: Nullable(Timestamp),
    version: Version,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: "Reservation", additionalProperties: false },
);
export type Reservation = Static<typeof Reservation>;

export const ReservationCreate = Type.Object(
  {
    productId: Id,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }),
    /** Left out: the first in order of name that has enough. */
    location: Type.Optional(Location),
    /** Left out: a quarter of an hour. */
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  },
  { title: "ReservationCreate", additionalProperties: false },
);
