import type { Client } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import type { Product } from "#shared/resources/products.ts";

const DAY_MS = 86_400_000;
const SALE_DAYS = 30;
const ON_HAND = 40;

/**
 * Makes sample products things that can be ordered: all that their feed has in stock are counted, and every
 * third is on sale for a month.
 * @param now milliseconds since the epoch
 */
export async function stockUp(client: Client<GatehouseContract>, products: readonly Product[], now: number) {
  const counted = products.filter(({ inStock }) => inStock);
  const body = { onHand: ON_HAND, reason: "sample data" };
  await Promise.all(
    counted.map(({ id }) => client.setStockLevel({ params: { productId: id, location: "main" }, body })),
  );
  const validUntil = new Date(now + SALE_DAYS * DAY_MS).toISOString();
  const sales = counted.flatMap(({ id: productId, price }, at) => {
    if (price === null || at % 3 !== 2) return [];
    const { amountMinor: listMinor, currency } = price;
    return [{ productId, currency, listMinor, saleMinor: listMinor - Math.floor(listMinor / 5), validUntil }];
  });
  await client.createPrices({ body: { prices: sales } });
}
