import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Id, ifMatch, json, nothing, pageQuery, tenantCache } from "./common.ts";
import {
  Location,
  Stock,
  StockAdjustment,
  StockCount,
  StockLevel,
  StockMovementPage,
} from "./stock-schemas.ts";

const productParams = Type.Object({ productId: Id }, { additionalProperties: false });
const levelParams = Type.Object({ productId: Id, location: Location }, { additionalProperties: false });
const read = { kind: "token", scopes: ["catalog:read"] } as const;
const write = { kind: "token", scopes: ["catalog:write"] } as const;
/** All stock of a product is announced under the product's id. */
const shown = tenantCache({ kind: "item", collection: "stock", param: "productId" });

export const stock = {
  getStock: defineRoute({
    method: "GET",
    path: "/v1/products/:productId/stock",
    tag: "Stock",
    summary: "A product's stock, in all and by location",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: shown,
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params: productParams },
    responses: { 200: { description: "The stock", schema: Stock, headers: [] } },
    problems: ["not-found"],
  }),

  getStockLevel: defineRoute({
    method: "GET",
    path: "/v1/products/:productId/stock/:location",
    tag: "Stock",
    summary: "A product's stock at one location",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: shown,
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params: levelParams },
    responses: { 200: { description: "The level", schema: StockLevel, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  setStockLevel: defineRoute({
    method: "PUT",
    path: "/v1/products/:productId/stock/:location",
    tag: "Stock",
    summary: "Say what was counted at a location; a level that exists is named by `If-Match`",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params: levelParams, headers: ifMatch, body: json(StockCount, 16_384) },
    responses: {
      200: { description: "The level as it is now", schema: StockLevel, headers: ["etag"] },
      201: { description: "The level is new", schema: StockLevel, headers: ["etag", "location"] },
    },
    problems: ["not-found", "conflict", "precondition-failed", "precondition-required"],
  }),

  adjustStock: defineRoute({
    method: "POST",
    path: "/v1/products/:productId/stock/:location/adjustments",
    tag: "Stock",
    summary: "Add to what is on hand, or take from it what is not reserved",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, params: levelParams, headers: ifMatch, body: json(StockAdjustment, 16_384) },
    responses: { 200: { description: "The level as it is now", schema: StockLevel, headers: ["etag"] } },
    problems: ["not-found", "conflict", "precondition-failed", "unprocessable"],
  }),

  listStockMovements: defineRoute({
    method: "GET",
    path: "/v1/stock-movements",
    tag: "Stock",
    summary: "The ledger: every change of stock with its cause, newest first",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "list", collection: "stock" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery({ productId: Type.Optional(Id), orderId: Type.Optional(Id) }) },
    responses: { 200: { description: "A page of movements", schema: StockMovementPage, headers: [] } },
    problems: [],
  }),
};
