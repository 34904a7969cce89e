import { and, desc, eq, ilike, isNull, lt, or, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { prepareRead } from "../../db/read.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf } from "../../etag.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { productColumns, productOf } from "./columns.ts";

type Reads = Pick<HandlersOf<typeof routes>, "listProducts" | "getProduct">;

export function productReads({ connections, cursors }: Services): Reads {
  const list = prepareList(
    connections,
    {
      categoryId: eq(products.categoryId, sql.placeholder("categoryId")),
      status: eq(products.status, sql.placeholder("status")),
      pattern: or(
        ilike(products.name, sql.placeholder("pattern")),
        ilike(products.brand, sql.placeholder("pattern")),
        ilike(products.sku, sql.placeholder("pattern")),
      ),
      after: lt(products.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(productColumns)
        .from(products)
        .where(and(where, isNull(products.deletedAt)))
        .orderBy(desc(products.id))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(productColumns)
      .from(products)
      .where(and(ready, eq(products.id, sql.placeholder("id")), isNull(products.deletedAt)))
      .limit(1),
  );

  return {
    async listProducts({ caller: { tenantId }, query: { pageSize, cursor, categoryId, status, q } }) {
      const scope = JSON.stringify(["listProducts", tenantId, categoryId, status, q]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const pattern = q === undefined ? undefined : containing(q);
      const wanted = { tenant: tenantId, limit: pageSize + 1 };
      const rows = await list(wanted, { categoryId, status, pattern, after });
      return { status: 200, body: pageOf(rows.map(productOf), pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getProduct({ caller: { tenantId }, params: { productId } }) {
      const [row] = await byId.execute({ tenant: tenantId, id: productId });
      if (row === undefined) throw new Problem("not-found");
      return { status: 200, body: productOf(row), headers: { etag: etagOf(row.version) } };
    },
  };
}

/** A LIKE pattern of whatever contains this text, its own wildcards taken literally. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}
