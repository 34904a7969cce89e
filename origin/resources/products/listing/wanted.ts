import { Problem, type Violation } from "#shared/problems.ts";
import type { ProductQuery } from "#shared/resources/product-query.ts";
import type { Place } from "../../../cursor.ts";
import { arrayOf } from "../../../db/encoding.ts";
import { isByPrice } from "./sorts.ts";
import type { Shape } from "./statement.ts";

/**
 * What parameters demand of each other: prices of different currencies have no order, and a range of
 * prices is a range of an index only in order of price.
 * @throws Problem `unprocessable` naming each parameter that does not fit
 */
export function checkTogether(query: ProductQuery): void {
  const { sort, currency, minPrice, maxPrice, ids, q, within, categoryId } = query;
  const errors: Violation[] = [];
  const refuse = (pointer: string, rule: string, detail: string) =>
    errors.push({ in: "query", pointer, rule, detail });

  if (isByPrice(sort)) {
    if (currency === undefined) refuse("/currency", "required", "is required to sort by price");
  } else {
    for (const [name, value] of Object.entries({ currency, minPrice, maxPrice })) {
      if (value !== undefined) refuse(`/${name}`, "sort", "needs sort=price or sort=-price");
    }
  }
  if (ids !== undefined && q !== undefined) refuse("/q", "alone", "cannot be given together with ids");
  if (within !== undefined && categoryId !== undefined) {
    refuse("/within", "alone", "cannot be given together with categoryId");
  }
  if (errors.length > 0) throw new Problem("unprocessable", { errors });
}

/** What makes one list another, for its cursors: everything but where in it one is, and what of it one sees. */
export function listScope(tenant: string, query: ProductQuery & { readonly fields?: unknown }): string {
  const { pageSize: _, cursor: __, count: ___, fields: ____, ...narrowing } = query;
  return JSON.stringify(["listProducts", tenant, Object.entries(narrowing).sort()]);
}

/** What the query refers to, looked up. Null: not narrowed by it. */
export type Narrowed = {
  readonly categories: readonly string[] | null;
  readonly ids: readonly string[] | null;
};

const STATUSES = ["draft", "active", "archived"];

/** The statement that answers a query, and the values of its placeholders. */
export function plan(query: ProductQuery, { categories, ids }: Narrowed, place: Place | null) {
  const { sort, status, inStock, currency, minPrice, maxPrice } = query;
  const values = {
    statuses: arrayOf(status === undefined ? STATUSES : [status]),
    stock: arrayOf(inStock === undefined ? ["true", "false"] : [String(inStock)]),
    categories: categories === null ? undefined : arrayOf(categories),
    ids: ids === null ? undefined : arrayOf(ids),
    currency,
    minPrice,
    maxPrice,
    afterId: place?.id,
    afterKey: place?.key,
  };
  const source = ids !== null ? "ids" : categories !== null ? "categories" : "all";
  const conditions = (["currency", "minPrice", "maxPrice"] as const).filter(
    (name) => values[name] !== undefined,
  );
  const shape: Shape = {
    sort,
    source,
    conditions: source === "ids" && categories !== null ? ["among", ...conditions] : conditions,
    isAfter: place !== null,
  };
  return { shape, values };
}
