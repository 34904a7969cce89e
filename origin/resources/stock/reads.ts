import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { stock as routes } from "#shared/resources/stock.ts";
import type { StockLevel } from "#shared/resources/stock-schemas.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { prepareRead } from "../../db/read.ts";
import { products } from "../../db/tables/products.ts";
import { stockLevels, stockMovements } from "../../db/tables/stock.ts";
import { etagOf } from "../../etag.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { levelColumns, levelOf, movementColumns } from "./columns.ts";

/** More locations than a product has stock at. */
const MAX_LEVELS = 10_000;

type Reads = Pick<HandlersOf<typeof routes>, "getStock" | "getStockLevel" | "listStockMovements">;

export function stockReads({ connections, cursors }: Services): Reads {
  const ofProduct = prepareRead(connections, (db, ready) =>
    db
      .select({ id: products.id, ...levelColumns })
      .from(products)
      .leftJoin(stockLevels, eq(stockLevels.productId, products.id))
      .where(and(ready, eq(products.id, sql.placeholder("id")), isNull(products.deletedAt)))
      .orderBy(stockLevels.location)
      .limit(MAX_LEVELS),
  );

  const atLocation = prepareRead(connections, (db, ready) =>
    db
      .select(levelColumns)
      .from(products)
      .innerJoin(
        stockLevels,
        and(eq(stockLevels.productId, products.id), eq(stockLevels.location, sql.placeholder("location"))),
      )
      .where(and(ready, eq(products.id, sql.placeholder("id")), isNull(products.deletedAt)))
      .limit(1),
  );

  const movements = prepareList(
    connections,
    {
      productId: eq(stockMovements.productId, sql.placeholder("productId")),
      orderId: eq(stockMovements.orderId, sql.placeholder("orderId")),
      after: lt(stockMovements.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(movementColumns)
        .from(stockMovements)
        .where(where)
        .orderBy(desc(stockMovements.id))
        .limit(sql.placeholder("limit")),
  );

  return {
    async getStock({ caller: { tenantId }, params: { productId } }) {
      const rows = await ofProduct.execute({ tenant: tenantId, id: productId });
      if (rows.length === 0) throw new Problem("not-found");
      const levels = rows.flatMap(({ id, ...level }) => (isLevel(level) ? levelOf(level) : []));
      const sum = (count: "onHand" | "reserved" | "available") =>
        levels.reduce((total, level) => total + level[count], 0);
      const body = {
        productId,
        onHand: sum("onHand"),
        reserved: sum("reserved"),
        available: sum("available"),
        levels,
      };
      return { status: 200, body };
    },

    async getStockLevel({ caller: { tenantId }, params: { productId, location } }) {
      const [row] = await atLocation.execute({ tenant: tenantId, id: productId, location });
      if (row === undefined) throw new Problem("not-found");
      return { status: 200, body: levelOf(row), headers: { etag: etagOf(row.version) } };
    },

    async listStockMovements({ caller: { tenantId }, query }) {
      const { pageSize, cursor, productId, orderId } = query;
      const scope = JSON.stringify(["listStockMovements", tenantId, productId, orderId]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await movements({ tenant: tenantId, limit: pageSize + 1 }, { productId, orderId, after });
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },
  };
}

type Level = Omit<StockLevel, "available">;

/** A product without stock comes without a level: all of it is null. */
function isLevel(joined: { readonly [C in keyof Level]: Level[C] | null }): joined is Level {
  return joined.location !== null;
}
