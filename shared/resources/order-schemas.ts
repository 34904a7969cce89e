import Type, { type Static } from "typebox";
import { Currency } from "../money.ts";
import { Id, Nullable, Timestamp, Version } from "./common.ts";

/** Exact: minor units of the order's currency. */
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const quantity = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** `pending` until it is paid; `expired` when that did not happen in time. */
export const OrderState = Type.Enum(["pending", "paid", "fulfilled", "cancelled", "expired"]);
export type OrderState = Static<typeof OrderState>;

/** What was ordered, with name and price as they were. */
export const OrderLine = Type.Object(
  {
    productId: Id,
    sku: Type.String(),
    name: Type.String(),
    quantity,
    unitMinor: amount,
    /** `unitMinor` times `quantity`. */
    lineTotalMinor: amount,
  },
  { title: "OrderLine", additionalProperties: false },
);
export type OrderLine = Static<typeof OrderLine>;

const reference = Type.String({ minLength: 1, maxLength: 200 });

const summary = {
  id: Id,
  state: OrderState,
  currency: Currency,
  /** The sum of the lines. */
  totalMinor: amount,
  /** The client's own name for the order. */
  reference: Nullable(reference),
  /** While it is `pending`: when its stock is given back. */
  expiresAt: Nullable(Timestamp),
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

/** An order as lists show it. */
export const OrderSummary = Type.Object(summary, { title: "OrderSummary", additionalProperties: false });
export type OrderSummary = Static<typeof OrderSummary>;

export const Order = Type.Object(
  { ...summary, lines: Type.Array(OrderLine) },
  { title: "Order", additionalProperties: false },
);
export type Order = Static<typeof Order>;

export const OrderCreate = Type.Object(
  {
    currency: Currency,
    /** Of several lines with one product, the quantities are added up. */
    lines: Type.Array(
      Type.Object({ productId: Id, quantity }, { title: "OrderLineCreate", additionalProperties: false }),
      { minItems: 1, maxItems: 100 },
    ),
    reference: Type.Optional(Nullable(reference)),
    /** How long stock is reserved for it; left out: a quarter of an hour. */
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  },
  { title: "OrderCreate", additionalProperties: false },
);
export type OrderCreate = Static<typeof OrderCreate>;
