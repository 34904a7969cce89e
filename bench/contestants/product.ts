import type { Product } from "#shared/resources/products.ts";

const SIZE_BYTES = 1024;

/** A product whose JSON is 1 KB. */
export const product: Product = sized({
  id: "0190a7c0-0000-7000-8000-0000000000b1",
  sku: "BENCH-1",
  name: "Oak table",
  description: "",
  brand: "Benchwood",
  categoryId: null,
  status: "active",
  price: { amountMinor: 12_990, currency: "EUR" },
  listPrice: null,
  inStock: true,
  attributes: { Colour: "Natural", Material: "Oak" },
  imageUrl: null,
  version: 1,
  createdAt: "2026-11-01T08:00:00.000Z",
  updatedAt: "2026-11-01T08:00:00.000Z",
});

export const productPath = `/v1/products/${product.id}`;
export const productJson = JSON.stringify(product);

/** The id of the product at an index: `product`'s with another tail. */
export function productId(index: number): string {
  const tail = Number.parseInt(product.id.slice(-12), 16) + index;
  return product.id.slice(0, -12) + tail.toString(16).padStart(12, "0");
}

function sized(bare: Product): Product {
  const missing = SIZE_BYTES - JSON.stringify(bare).length;
  return { ...bare, description: "Solid. ".repeat(missing).slice(0, missing) };
}
