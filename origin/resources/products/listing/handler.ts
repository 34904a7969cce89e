import { Problem } from "#shared/problems.ts";
import { MAX_SUBTREE, type ProductQuery } from "#shared/resources/product-query.ts";
import type { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../../call.ts";
import { prepareShapes } from "../../../db/shapes.ts";
import type { Services } from "../../../services.ts";
import { productOf } from "../columns.ts";
import { prepareSearch } from "../search/find.ts";
import { sortKeyOf } from "./sorts.ts";
import { countStatement, isShort, listStatement } from "./statement.ts";
import { prepareSubtree } from "./subtree.ts";
import { checkTogether, listScope, plan } from "./wanted.ts";

type Listing = Pick<HandlersOf<typeof routes>, "listProducts">;

export function productListing({ connections, cursors }: Services): Listing {
  const search = prepareSearch(connections);
  const subtree = prepareSubtree(connections);
  const listOf = prepareShapes(connections, listStatement, isShort);
  const countOf = prepareShapes(connections, countStatement);

  async function categoriesOf(tenant: string, { categoryId, within }: ProductQuery) {
    if (categoryId !== undefined) return [categoryId];
    if (within === undefined) return null;
    const ids = await subtree(tenant, within);
    if (ids.length <= MAX_SUBTREE) return ids;
    const detail = `is a category of more than ${MAX_SUBTREE}, itself and those below it`;
    throw new Problem("unprocessable", {
      errors: [{ in: "query", pointer: "/within", rule: "maxItems", detail }],
    });
  }

  async function idsOf(tenant: string, { ids, q }: ProductQuery): Promise<readonly string[] | null> {
    if (ids !== undefined) return [...new Set(ids.split(","))];
    return q === undefined ? null : search(tenant, q);
  }

  return {
    async listProducts({ caller: { tenantId: tenant }, query }) {
      checkTogether(query);
      const { pageSize, cursor, count } = query;
      const scope = listScope(tenant, query);
      const place = cursor === undefined ? null : cursors.openPlace(scope, cursor);
      const [categories, ids] = await Promise.all([categoriesOf(tenant, query), idsOf(tenant, query)]);
      const { shape, values } = plan(query, { categories, ids }, place);
      const [rows, counted] = await Promise.all([
        listOf(shape).execute({ ...values, tenant, limit: pageSize + 1 }),
        count ? countOf({ ...shape, isAfter: false }).execute({ ...values, tenant }) : [],
      ]);
      const page = rows.slice(0, pageSize);
      const last = page.at(-1);
      const hasMore = rows.length > pageSize && last !== undefined;
      const nextCursor = hasMore ? cursors.seal(scope, last.id, sortKeyOf(query.sort, last)) : null;
      const [total] = counted;
      return {
        status: 200,
        body: {
          data: page.map(productOf),
          meta: { nextCursor, pageSize, ...total },
        },
      };
    },
  };
}
