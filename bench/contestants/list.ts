import type { ProductQuery } from "#shared/resources/product-query.ts";
import * as catalogue from "./catalogue.ts";

/** Pages of a list of products, newest first. */

export const PAGE_SIZE = 20;
export const LIST = { pageSize: PAGE_SIZE, sort: "-createdAt", count: false } as const satisfies ProductQuery;

/** Indexes of products with at least two pages after them. */
export function placesIn(told: string): readonly number[] {
  return catalogue.placesIn(told, 2 * PAGE_SIZE);
}

/** The page after the product at an index. */
export function pageAfter(index: number, nextCursor: string): string {
  const data = Array.from({ length: PAGE_SIZE }, (_, i) => catalogue.productAt(index - 1 - i));
  return JSON.stringify({ data, meta: { nextCursor, pageSize: PAGE_SIZE } });
}
