import type { Violation } from "#shared/problems.ts";
import type { OrderCreate, OrderLine } from "#shared/resources/order-schemas.ts";

/** What an order comes to. Amounts are multiplied and added as bigint, for they must be exact. */

/** A product as an order needs it. */
export type Offer = {
  readonly sku: string;
  readonly name: string;
  readonly isActive: boolean;
  /** Of one piece in the order's currency; null: it has no price in that. */
  readonly unitMinor: number | null;
};

export type PricedOrder = { readonly lines: readonly OrderLine[]; readonly totalMinor: number };

export type Pricing =
  | ({ readonly kind: "priced" } & PricedOrder)
  | { readonly kind: "violations"; readonly violations: readonly Violation[] };

/** @param offers by product id; products that do not exist are missing */
export function price({ lines, currency }: OrderCreate, offers: ReadonlyMap<string, Offer>): Pricing {
  const violations: Violation[] = [];
  const priced: OrderLine[] = [];
  let total = 0n;
  for (const [at, { productId, quantity }] of lines.entries()) {
    const refuse = (field: string, rule: string, detail: string) =>
      violations.push({ in: "body", pointer: `/lines/${at}/${field}`, rule, detail });
    const offer = offers.get(productId);
    if (offer === undefined) {
      refuse("productId", "exists", "there is no such product");
    } else if (!offer.isActive) {
      refuse("productId", "active", "the product is not for sale");
    } else if (offer.unitMinor === null) {
      refuse("productId", "priced", `the product has no price in ${currency}`);
    } else {
      const lineTotal = BigInt(offer.unitMinor) * BigInt(quantity);
      total += lineTotal;
      if (total > Number.MAX_SAFE_INTEGER)
        refuse("quantity", "maximum", "the total would be too large to be exact");
      const { sku, name, unitMinor } = offer;
      priced.push({ productId, sku, name, quantity, unitMinor, lineTotalMinor: Number(lineTotal) });
    }
  }
  if (violations.length > 0) return { kind: "violations", violations };
  return { kind: "priced", lines: priced, totalMinor: Number(total) };
}

/** Quantities by product id, in the order in which products first appear. */
export function demandOf({ lines }: OrderCreate): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { productId, quantity } of lines) demand.set(productId, (demand.get(productId) ?? 0) + quantity);
  return demand;
}

/** Every line whose product there is not enough of. @param available what there is of those */
export function shortages({ lines }: OrderCreate, available: ReadonlyMap<string, number>): Violation[] {
  return lines.flatMap(({ productId }, at) => {
    const left = available.get(productId);
    if (left === undefined) return [];
    const detail = `only ${left} are available`;
    return [{ in: "body" as const, pointer: `/lines/${at}/quantity`, rule: "available", detail }];
  });
}
