import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { prices as routes } from "#shared/resources/prices.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareRead } from "../../db/read.ts";
import { prices } from "../../db/tables/prices.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { priceColumns } from "./columns.ts";
import { currentPrices, inForce, statedPrice } from "./in-force.ts";

/** More currencies than there are. */
const MAX_CURRENCIES = 200;

const now = sql.placeholder("now");

export function priceReads(
  services: Services,
): Pick<HandlersOf<typeof routes>, "getPrice" | "getProductPrices"> {
  const { connections } = services;
  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(priceColumns)
      .from(prices)
      .where(and(ready, eq(prices.id, sql.placeholder("id"))))
      .limit(1),
  );

  const current = prepareRead(connections, (db, ready) => {
    const dated = inForce(db, eq(prices.productId, sql.placeholder("id")), now);
    return db
      .select({
        ...statedPrice,
        priceId: dated.priceId,
        currency: dated.currency,
        listMinor: dated.listMinor,
        saleMinor: dated.saleMinor,
        validUntil: dated.validUntil,
      })
      .from(products)
      .leftJoin(dated, eq(dated.productId, products.id))
      .where(and(ready, eq(products.id, sql.placeholder("id")), isNull(products.deletedAt)))
      .orderBy(dated.currency)
      .limit(MAX_CURRENCIES);
  });

  const next = prepareRead(connections, (db, ready) =>
    db
      .select({ validFrom: prices.validFrom })
      .from(prices)
      .where(
        and(
          ready,
          eq(prices.productId, sql.placeholder("id")),
          gt(prices.validFrom, now),
          or(isNull(prices.validUntil), gt(prices.validUntil, prices.validFrom)),
        ),
      )
      .orderBy(prices.validFrom)
      .limit(1),
  );

  return {
    async getPrice({ caller: { tenantId }, params: { priceId } }) {
      const [price] = await byId.execute({ tenant: tenantId, id: priceId });
      if (price === undefined) throw new Problem("not-found");
      return { status: 200, body: price, headers: { etag: etagOf(price.version) } };
    },

    async getProductPrices({ caller: { tenantId }, params: { productId } }) {
      const values = { tenant: tenantId, id: productId, now: new Date(services.now()).toISOString() };
      const [rows, upcoming] = await Promise.all([current.execute(values), next.execute(values)]);
      const [product] = rows;
      if (product === undefined) throw new Problem("not-found");
      // When the first of these ends, or another begins, the answer is another one.
      const boundaries = [...rows.map(({ validUntil }) => validUntil), upcoming[0]?.validFrom ?? null];
      const first = boundaries.filter((instant) => instant !== null).sort()[0];
      return {
        status: 200,
        body: { data: currentPrices(product, rows) },
        ...(first !== undefined && { freshUntil: new Date(first) }),
      };
    },
  };
}
