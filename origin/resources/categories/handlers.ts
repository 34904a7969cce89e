import { and, desc, eq, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { categories as routes } from "#shared/resources/categories.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { prepareRead } from "../../db/read.ts";
import { categories } from "../../db/tables/categories.ts";
import { etagOf } from "../../etag.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { categoryColumns } from "./columns.ts";
import { categoryWrites } from "./writes.ts";

export function categoryHandlers(services: Services): HandlersOf<typeof routes> {
  const { connections, cursors } = services;
  const list = prepareList(
    connections,
    {
      parentId: eq(categories.parentId, sql.placeholder("parentId")),
      after: lt(categories.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(categoryColumns)
        .from(categories)
        .where(where)
        .orderBy(desc(categories.id))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(categoryColumns)
      .from(categories)
      .where(and(ready, eq(categories.id, sql.placeholder("id"))))
      .limit(1),
  );

  return {
    async listCategories({ caller: { tenantId }, query: { pageSize, cursor, parentId } }) {
      const scope = JSON.stringify(["listCategories", tenantId, parentId]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { parentId, after });
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getCategory({ caller: { tenantId }, params: { categoryId } }) {
      const [category] = await byId.execute({ tenant: tenantId, id: categoryId });
      if (category === undefined) throw new Problem("not-found");
      return { status: 200, body: category, headers: { etag: etagOf(category.version) } };
    },
    ...categoryWrites(services),
  };
}
