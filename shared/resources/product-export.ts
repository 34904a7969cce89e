import { defineRoute } from "../route.ts";
import { clientRate, nothing } from "./common.ts";
import { ProductImportLine } from "./product-import.ts";

export const productExport = {
  exportProducts: defineRoute({
    method: "GET",
    path: "/v1/products/export",
    tag: "Products",
    summary: "Read all products as NDJSON, in the order they were created, in lines that an import takes",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:read"] },
    rate: { ...clientRate, cost: 10 },
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 300_000,
    request: nothing,
    responses: { 200: { description: "The products", schema: null, line: ProductImportLine, headers: [] } },
    problems: [],
  }),
};
