import { and, eq, isNotNull, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Change } from "#shared/changes.ts";
import { Problem } from "#shared/problems.ts";
import type { categories as routes } from "#shared/resources/categories.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { violatedConstraint } from "../../db/errors.ts";
import { categories } from "../../db/tables/categories.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf, requireIfMatch, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { categoryColumns } from "./columns.ts";
import { lockTree, refuseCycle, refuseTooDeep } from "./tree.ts";

type Writes = Pick<HandlersOf<typeof routes>, "createCategory" | "updateCategory" | "deleteCategory">;

export function categoryWrites({ write }: Services): Writes {
  return {
    async createCategory(call) {
      const { caller, body } = call;
      const { name, parentId = null } = body;
      return write(call, async (tx, changes) => {
        if (parentId !== null) {
          await lockTree(tx, caller.tenantId);
          await refuseTooDeep(tx, null, parentId);
        }
        const values = { tenantId: caller.tenantId, id: uuidv7(), name, parentId };
        const [category] = await tx
          .insert(categories)
          .values(values)
          .returning(categoryColumns)
          .prepare("create_category")
          .execute()
          .catch(explain);
        if (category === undefined) throw new Error("the insert returned no row");
        changes.push(changed(category.id));
        const headers = { etag: etagOf(category.version), location: `/v1/categories/${category.id}` };
        return { status: 201, body: category, headers };
      });
    },

    async updateCategory(call) {
      const ifMatch = requireIfMatch(call.headers);
      const { parentId } = call.body;
      return write(call, async (tx, changes) => {
        if (parentId !== undefined) await lockTree(tx, call.caller.tenantId);
        const current = await lock(tx, call.params.categoryId);
        requireMatch(ifMatch, current.version);
        if (typeof parentId === "string") {
          await refuseCycle(tx, current.id, parentId);
          await refuseTooDeep(tx, current.id, parentId);
        }
        const [category] = await tx
          .update(categories)
          .set({ ...call.body, version: sql`${categories.version} + 1`, updatedAt: sql`now()` })
          .where(eq(categories.id, current.id))
          .returning(categoryColumns)
          .execute()
          .catch(explain);
        if (category === undefined) throw new Error("the update returned no row");
        changes.push(changed(category.id));
        if (parentId !== undefined) changes.push(otherSubtree(category.id));
        return { status: 200, body: category, headers: { etag: etagOf(category.version) } };
      });
    },

    async deleteCategory(call) {
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx, changes) => {
        const { id, version } = await lock(tx, call.params.categoryId);
        if (ifMatch !== undefined) requireMatch(ifMatch, version);
        // Of deleted products nothing is shown any more.
        await tx
          .update(products)
          .set({ categoryId: null })
          .where(and(eq(products.categoryId, id), isNotNull(products.deletedAt)));
        await tx.delete(categories).where(eq(categories.id, id)).execute().catch(explainDelete);
        changes.push(changed(id), otherSubtree(id));
        return { status: 204 };
      });
    },
  };
}

function changed(itemId: string): Change {
  return { collection: "categories", itemId };
}

/** Lists of the products of a subtree show something else now. */
function otherSubtree(itemId: string): Change {
  return { collection: "products", itemId };
}

/** The category, locked against other writes until the transaction ends. */
async function lock(tx: Transaction, id: string) {
  const [row] = await tx
    .select({ id: categories.id, version: categories.version })
    .from(categories)
    .where(eq(categories.id, id))
    .for("update")
    .execute();
  if (row === undefined) throw new Problem("not-found");
  return row;
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

function explainDelete(error: unknown): never {
  switch (violatedConstraint(error)) {
    case "categories_parent_fkey":
      throw new Problem("conflict", { detail: "the category has categories below it" });
    case "products_category_fkey":
      throw new Problem("conflict", { detail: "the category has products" });
    default:
      throw error;
  }
}
