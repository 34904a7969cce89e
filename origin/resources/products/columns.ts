import { sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { Product, ProductCreate } from "#shared/resources/products.ts";
import { violatedConstraint } from "../../db/errors.ts";
import { products } from "../../db/tables/products.ts";

/** Between a product as the API knows it and its row. */

/** The columns that a product is read from. */
export const productColumns = {
  id: products.id,
  sku: products.sku,
  name: products.name,
  description: products.description,
  brand: products.brand,
  categoryId: products.categoryId,
  status: products.status,
  priceMinor: products.priceMinor,
  priceCurrency: products.priceCurrency,
  listPriceMinor: products.listPriceMinor,
  listPriceCurrency: products.listPriceCurrency,
  inStock: products.inStock,
  attributes: products.attributes,
  imageUrl: products.imageUrl,
  version: products.version,
  createdAt: products.createdAt,
  updatedAt: products.updatedAt,
};

export type ProductRow = { [C in keyof typeof productColumns]: (typeof products.$inferSelect)[C] };

/** What a client can set, with nothing left out. */
export type ProductValues = Required<ProductCreate>;

export function productOf(row: ProductRow): Product {
  // Member by member: what rest and spread make costs as much again as the decoding of the row.
  return {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    brand: row.brand,
    categoryId: row.categoryId,
    status: row.status,
    price: moneyOf(row.priceMinor, row.priceCurrency),
    listPrice: moneyOf(row.listPriceMinor, row.listPriceCurrency),
    inStock: row.inStock,
    attributes: row.attributes,
    imageUrl: row.imageUrl,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function moneyOf(amountMinor: number | null, currency: string | null): Product["price"] {
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}

export function valuesOf({ price, listPrice, ...rest }: ProductValues) {
  return {
    ...rest,
    priceMinor: price?.amountMinor ?? null,
    priceCurrency: price?.currency ?? null,
    listPriceMinor: listPrice?.amountMinor ?? null,
    listPriceCurrency: listPrice?.currency ?? null,
  };
}

/** What a product has that its creator did not say. */
export const productDefaults = {
  description: null,
  brand: null,
  categoryId: null,
  status: "active",
  price: null,
  listPrice: null,
  inStock: true,
  attributes: {},
  imageUrl: null,
} as const satisfies Omit<ProductValues, "sku" | "name">;

export const nextVersion = {
  version: sql`${products.version} + 1`,
  updatedAt: sql`now()`,
};

/** Says which value a constraint of the table objects to. */
export function explainProductError(error: unknown): never {
  switch (violatedConstraint(error)) {
    case "products_sku_key":
      throw new Problem("conflict", { detail: "another product has this SKU" });
    case "products_category_fkey":
      throw new Problem("unprocessable", {
        errors: [{ in: "body", pointer: "/categoryId", rule: "exists", detail: "there is no such category" }],
      });
    default:
      throw error;
  }
}
