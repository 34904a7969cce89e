import { and, desc, eq, lt, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { categories as routes } from "#shared/resources/categories.ts";
import type { HandlersOf } from "../call.ts";
import { violatedConstraint } from "../db/errors.ts";
import { prepareList } from "../db/list.ts";
import { prepareRead } from "../db/read.ts";
import { categories } from "../db/tables/categories.ts";
import { etagOf } from "../etag.ts";
import { pageOf } from "../page.ts";
import type { Services } from "../services.ts";

const columns = {
  id: categories.id,
  parentId: categories.parentId,
  name: categories.name,
  version: categories.version,
  createdAt: categories.createdAt,
  updatedAt: categories.updatedAt,
};

export function categoryHandlers({ connections, write, cursors }: Services): HandlersOf<typeof routes> {
  const list = prepareList(
    connections,
    {
      parentId: eq(categories.parentId, sql.placeholder("parentId")),
      after: lt(categories.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(columns)
        .from(categories)
        .where(where)
        .orderBy(desc(categories.id))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(columns)
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

    async createCategory(call) {
      const { caller, body } = call;
      return write(call, async (tx, changes) => {
        const values = {
          tenantId: caller.tenantId,
          id: uuidv7(),
          name: body.name,
          parentId: body.parentId ?? null,
        };
        const [category] = await tx
          .insert(categories)
          .values(values)
          .returning(columns)
          .prepare("create_category")
          .execute()
          .catch(explain);
        if (category === undefined) throw new Error("the insert returned no row");
        changes.push({ collection: "categories", itemId: category.id });
        const headers = { etag: etagOf(category.version), location: `/v1/categories/${category.id}` };
        return { status: 201, body: category, headers };
      });
    },
  };
}

function explain(error: unknown): never {
  switch (violatedConstraint(error)) {
    case "categories_name_key":
      throw new Problem("conflict", { detail: "a category of this name has the same parent" });
    case "categories_parent_fkey":
      throw new Problem("unprocessable", {
        errors: [{ in: "body", pointer: "/parentId", rule: "exists", detail: "there is no such category" }],
      });
    default:
      throw error;
  }
}
