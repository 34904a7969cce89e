import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Id, Instant, ifMatch, json, nothing, Page, pageQuery, tenantCache } from "./common.ts";
import { Order, OrderCreate, OrderState, OrderSummary } from "./order-schemas.ts";

const params = Type.Object({ orderId: Id }, { additionalProperties: false });
const read = { kind: "token", scopes: ["orders:read"] } as const;
const write = { kind: "token", scopes: ["orders:write"] } as const;

/** A step of an order (`origin/resources/orders/states.ts` says from which state it may be taken). */
function step<const Verb extends string>(verb: Verb, summary: string) {
  return defineRoute({
    method: "POST",
    path: `/v1/orders/:orderId/${verb}`,
    tag: "Orders",
    summary,
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 200: { description: "The order as it is now", schema: Order, headers: ["etag"] } },
    problems: ["not-found", "conflict", "precondition-failed", "precondition-required"],
  });
}

export const orders = {
  listOrders: defineRoute({
    method: "GET",
    path: "/v1/orders",
    tag: "Orders",
    summary: "List orders, newest first",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "list", collection: "orders" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      query: pageQuery({
        state: Type.Optional(OrderState),
        createdFrom: Type.Optional(Instant),
        createdBefore: Type.Optional(Instant),
      }),
    },
    responses: { 200: { description: "A page of orders", schema: Page(OrderSummary), headers: [] } },
    problems: [],
  }),

  getOrder: defineRoute({
    method: "GET",
    path: "/v1/orders/:orderId",
    tag: "Orders",
    summary: "Read one order with its lines",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "item", collection: "orders", param: "orderId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The order", schema: Order, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createOrder: defineRoute({
    method: "POST",
    path: "/v1/orders",
    tag: "Orders",
    summary: "Order at today's prices, and reserve the stock for it: all or nothing",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: true },
    budgetMs: 10_000,
    request: { ...nothing, body: json(OrderCreate, 65_536) },
    responses: { 201: { description: "Ordered", schema: Order, headers: ["etag", "location"] } },
    problems: ["conflict", "unprocessable"],
  }),

  payOrder: step("pay", "Say that an order was paid: its stock is kept until it is fulfilled or cancelled"),
  fulfilOrder: step("fulfil", "Say that an order was handed over: its stock leaves"),
  cancelOrder: step("cancel", "Cancel an order that was not handed over: its stock is given back"),
};
