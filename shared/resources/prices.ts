import Type from "typebox";
import { Currency } from "../money.ts";
import { defineRoute } from "../route.ts";
import {
  clientRate,
  Id,
  Instant,
  ifMatch,
  json,
  mergePatch,
  nothing,
  onceByIfMatch,
  pageQuery,
  tenantCache,
} from "./common.ts";
import { CurrentPrice, Price, PriceBulk, PriceCreate, PriceFeed, PricePatch } from "./price-schemas.ts";

const params = Type.Object({ priceId: Id }, { additionalProperties: false });
const read = { kind: "token", scopes: ["catalog:read"] } as const;
const write = { kind: "token", scopes: ["catalog:write"] } as const;

export const prices = {
  listPrices: defineRoute({
    method: "GET",
    path: "/v1/prices",
    tag: "Prices",
    summary: "The feed of prices in order of their last change; ask again with `nextCursor` for what is new",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    // A change is shown once no older transaction is open, which is not what versions tell.
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      query: pageQuery({
        productId: Type.Optional(Id),
        currency: Type.Optional(Currency),
        updatedSince: Type.Optional(Instant),
      }),
    },
    responses: { 200: { description: "A page of the feed", schema: PriceFeed, headers: [] } },
    problems: [],
  }),

  getProductPrices: defineRoute({
    method: "GET",
    path: "/v1/products/:productId/prices",
    tag: "Prices",
    summary: "What a product costs now, by currency",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    // It also shows the price that the product itself states, so both are announced as the product's.
    cache: tenantCache({ kind: "item", collection: "products", param: "productId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params: Type.Object({ productId: Id }, { additionalProperties: false }) },
    responses: {
      200: {
        description: "One price for each currency that the product has one in",
        schema: Type.Object({ data: Type.Array(CurrentPrice) }, { additionalProperties: false }),
        headers: [],
      },
    },
    problems: ["not-found"],
  }),

  getPrice: defineRoute({
    method: "GET",
    path: "/v1/prices/:priceId",
    tag: "Prices",
    summary: "Read one price, past and future ones as well",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "item", collection: "prices", param: "priceId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The price", schema: Price, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createPrice: defineRoute({
    method: "POST",
    path: "/v1/prices",
    tag: "Prices",
    summary:
      "Set a price from now or a later instant on; of several that hold, the one that began last counts",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(PriceCreate, 16_384) },
    responses: { 201: { description: "Created", schema: Price, headers: ["etag", "location"] } },
    problems: ["conflict", "unprocessable"],
  }),

  createPrices: defineRoute({
    method: "POST",
    path: "/v1/prices/bulk",
    tag: "Prices",
    summary: "Set up to 1,000 prices at once, all or none",
    servedBy: "origin",
    access: write,
    rate: { ...clientRate, cost: 10 },
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(PriceBulk, 1_048_576) },
    responses: {
      200: {
        description: "The prices that were set, in the order they were sent in",
        schema: Type.Object({ data: Type.Array(Price) }, { additionalProperties: false }),
        headers: [],
      },
    },
    problems: ["conflict", "unprocessable"],
  }),

  updatePrice: defineRoute({
    method: "PATCH",
    path: "/v1/prices/:priceId",
    tag: "Prices",
    summary: "Change a price that has not begun, or the end of one that has",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: onceByIfMatch,
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(PricePatch, 16_384) },
    responses: { 200: { description: "The price as it is now", schema: Price, headers: ["etag"] } },
    problems: ["not-found", "conflict", "precondition-failed", "precondition-required", "unprocessable"],
  }),

  withdrawPrice: defineRoute({
    method: "DELETE",
    path: "/v1/prices/:priceId",
    tag: "Prices",
    summary:
      "End a price now, or before it begins; it stays on record, and doing it again is the same as once",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 204: { description: "Withdrawn", schema: null, headers: [] } },
    problems: ["not-found", "precondition-failed"],
  }),
};
