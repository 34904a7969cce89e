import { and, desc, gt, isNull, lte, or, type SQL, type SQLWrapper } from "drizzle-orm";
import type { CurrentPrice } from "#shared/resources/price-schemas.ts";
import type { Database, Transaction } from "../../db/client.ts";
import { prices } from "../../db/tables/prices.ts";
import { products } from "../../db/tables/products.ts";

/**
 * What products cost: of the prices that hold, the one that began last; where there is none, the price
 * that the product itself states (docs/decisions/0009-prices.md).
 */

/**
 * The dated price in force, one for each product and currency.
 * @param which products (and currencies)
 */
export function inForce(db: Database | Transaction, which: SQL | undefined, now: SQLWrapper | string) {
  return db
    .selectDistinctOn([prices.productId, prices.currency], {
      productId: prices.productId,
      priceId: prices.id,
      currency: prices.currency,
      listMinor: prices.listMinor,
      saleMinor: prices.saleMinor,
      validUntil: prices.validUntil,
    })
    .from(prices)
    .where(and(which, lte(prices.validFrom, now), or(isNull(prices.validUntil), gt(prices.validUntil, now))))
    .orderBy(prices.productId, prices.currency, desc(prices.validFrom))
    .as("in_force");
}

/** The columns of a product that say what it costs when no dated price does. */
export const statedPrice = {
  priceMinor: products.priceMinor,
  priceCurrency: products.priceCurrency,
  listPriceMinor: products.listPriceMinor,
  listPriceCurrency: products.listPriceCurrency,
};

export type StatedPrice = {
  readonly priceMinor: number | null;
  readonly priceCurrency: string | null;
  readonly listPriceMinor: number | null;
  readonly listPriceCurrency: string | null;
};

/** A price in force as it is joined to its product: without one, all of it is null. */
export type DatedPrice = {
  readonly priceId: string | null;
  readonly currency: string | null;
  readonly listMinor: number | null;
  readonly saleMinor: number | null;
};

/** What is charged in each currency. @param dated those in force, one a currency at most */
export function currentPrices(stated: StatedPrice, dated: readonly DatedPrice[]): CurrentPrice[] {
  const current = dated.flatMap((price) => currentOf(price) ?? []);
  const base = currentOfStated(stated);
  const isReplaced = dated.some(({ currency }) => currency === base?.currency);
  return base === null || isReplaced ? current : [...current, base];
}

function currentOf({ priceId, currency, listMinor, saleMinor }: DatedPrice): CurrentPrice | null {
  if (currency === null || listMinor === null) return null;
  return { currency, amountMinor: saleMinor ?? listMinor, listMinor, priceId };
}

/** A product's list price counts only in the currency of its price. */
function currentOfStated(stated: StatedPrice): CurrentPrice | null {
  const { priceMinor, priceCurrency: currency, listPriceMinor, listPriceCurrency } = stated;
  if (priceMinor === null || currency === null) return null;
  const list = listPriceCurrency === currency ? listPriceMinor : null;
  return { currency, amountMinor: priceMinor, listMinor: list ?? priceMinor, priceId: null };
}
