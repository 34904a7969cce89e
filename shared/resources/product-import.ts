import Type, { type Static } from "typebox";
import { Currency } from "../money.ts";
import { defineRoute } from "../route.ts";
import { MAX_DEPTH } from "./categories.ts";
import { clientRate, Nullable, nothing } from "./common.ts";
import { ProductStatus } from "./product-query.ts";
import { Attributes, productFields } from "./products.ts";

/** Read exactly or refused, never rounded (docs/importing.md). */
const PriceText = Type.String({
  maxLength: 64,
  description: 'A price as exports write it: "120.99" in the line\'s currency, or "1.234,56 €"',
});

/** One line of an import, in the spelling of product feeds. Upserts by `sku`. */
export const ProductImportLine = Type.Object(
  {
    sku: productFields.sku,
    name: productFields.name,
    description: Type.Optional(productFields.description),
    brand: Type.Optional(productFields.brand),
    category: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: MAX_DEPTH,
        description: "The path from the root; categories that are missing are made",
      }),
    ),
    price: Type.Optional(Nullable(PriceText)),
    list_price: Type.Optional(Nullable(PriceText)),
    currency: Type.Optional(Currency),
    in_stock: Type.Optional(Type.Boolean()),
    status: Type.Optional(ProductStatus),
    attributes: Type.Optional(Attributes),
    image: Type.Optional(productFields.imageUrl),
  },
  { title: "ProductImportLine", additionalProperties: false },
);
export type ProductImportLine = Static<typeof ProductImportLine>;

/** What became of an import. `received` = `created` + `updated` + `failed`; blank lines do not count. */
export const ProductImportReport = Type.Object(
  {
    received: Type.Integer(),
    created: Type.Integer(),
    updated: Type.Integer(),
    failed: Type.Integer(),
    /** The first 1,000 lines that were refused, in order. */
    errors: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ minimum: 1, description: "The line's number in the body, from 1" }),
          pointer: Type.String(),
          rule: Type.String(),
          detail: Type.String(),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1000 },
    ),
  },
  { title: "ProductImportReport", additionalProperties: false },
);
export type ProductImportReport = Static<typeof ProductImportReport>;

export const productImport = {
  importProducts: defineRoute({
    method: "POST",
    path: "/v1/products/import",
    tag: "Products",
    summary: "Create or update products from NDJSON, line by line, matched by SKU",
    deprecation: {
      since: "2026-11-21",
      sunset: "2027-11-21",
      successor: "createImport",
      guide: "/openapi.json",
    },
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:write"] },
    rate: { ...clientRate, cost: 10 },
    cache: { kind: "none" },
    idempotency: { kind: "exempt", reason: "lines are upserted by SKU, so a repetition changes nothing" },
    budgetMs: 300_000,
    request: { ...nothing, body: { kind: "ndjson", line: ProductImportLine, maxBytes: 50 * 1024 * 1024 } },
    responses: { 200: { description: "What became of each line", schema: ProductImportReport, headers: [] } },
    problems: [],
  }),
};
