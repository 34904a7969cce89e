import { and, eq, isNull, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareRead } from "../../db/read.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { productColumns, productOf } from "./columns.ts";

type Reads = Pick<HandlersOf<typeof routes>, "getProduct">;

export function productReads({ connections }: Services): Reads {
  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(productColumns)
      .from(products)
      .where(and(ready, eq(products.id, sql.placeholder("id")), isNull(products.deletedAt)))
      .limit(1),
  );

  return {
    async getProduct({ caller: { tenantId }, params: { productId } }) {
      const [row] = await byId.execute({ tenant: tenantId, id: productId });
      if (row === undefined) throw new Problem("not-found");
      return { status: 200, body: productOf(row), headers: { etag: etagOf(row.version) } };
    },
  };
}
