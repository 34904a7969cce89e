import { sql } from "drizzle-orm";
import type { Change } from "#shared/changes.ts";
import type { Price } from "#shared/resources/price-schemas.ts";
import { prices } from "../../db/tables/prices.ts";

/** The columns that a price is read from. */
export const priceColumns = {
  id: prices.id,
  productId: prices.productId,
  currency: prices.currency,
  listMinor: prices.listMinor,
  saleMinor: prices.saleMinor,
  validFrom: prices.validFrom,
  validUntil: prices.validUntil,
  version: prices.version,
  createdAt: prices.createdAt,
  updatedAt: prices.updatedAt,
};

/** What every change sets beside its own values. */
export const nextVersion = {
  version: sql`${prices.version} + 1`,
  updatedAt: sql`now()`,
  changedXid: sql`pg_current_xact_id()`,
};

/** What shows a price: itself, and what its product costs. */
export function changesOf({ id, productId }: Pick<Price, "id" | "productId">): Change[] {
  return [
    { collection: "prices", itemId: id },
    { collection: "products", itemId: productId },
  ];
}
