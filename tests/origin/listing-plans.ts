import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import { expect } from "vitest";
import type { Place } from "#origin/cursor.ts";
import { type Connections, connect } from "#origin/db/client.ts";
import { prepareShapes } from "#origin/db/shapes.ts";
import { sortKeyOf } from "#origin/resources/products/listing/sorts.ts";
import { isShort, listStatement } from "#origin/resources/products/listing/statement.ts";
import { plan } from "#origin/resources/products/listing/wanted.ts";
import { prepareSearch } from "#origin/resources/products/search/find.ts";
import { tenantTerm } from "#origin/resources/products/search/store.ts";
import type { ProductQuery } from "#shared/resources/product-query.ts";
import { startOwnDatabase } from "#tests/support/own-database.ts";
import { type Examined, explaining } from "#tests/support/plans.ts";

/** The plans of the lists of one large tenant, for as many products as a test has time to make. */

const PAGE_SIZE = 20;
/** The first five executions of a statement are planned for their values, whatever it is (PostgreSQL 18, PREPARE). */
const MORE_THAN_POSTGRES_TRIES = 7;
const SORTS = ["createdAt", "-createdAt", "name", "-name", "price", "-price"] as const;

export type LargeTenant = {
  readonly tenant: string;
  readonly connections: Connections;
  readonly sql: Sql;
  readonly categoryId: string;
  readonly close: () => Promise<void>;
};

/**
 * One tenant with `count` products: a tenth in one category, few drafts, few out of stock. Or all alike:
 * active, in stock, of one price and name, so that whatever is filtered by leaves out all or nothing.
 */
export async function startLargeTenant(
  count: number,
  { areAlike = false }: { readonly areAlike?: boolean } = {},
): Promise<LargeTenant> {
  const database = await startOwnDatabase();
  const { sql } = database;
  const tenant = await database.newTenant();
  await database.newTenant();
  const categoryId = uuid("category");
  await sql`insert into categories (tenant_id, id, name) values (${tenant}, ${categoryId}, 'Lamps')`;
  await sql`
    insert into products (tenant_id, id, sku, name, category_id, status, price_minor, price_currency, in_stock, attributes)
    select ${tenant}, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'SKU-' || n,
      case when alike then 'Lamp' else md5(n::text) end, case when alike or n % 10 = 0 then ${categoryId}::uuid end,
      case when alike then 'active' when n % 100 = 0 then 'draft' when n % 7 = 0 then 'archived' else 'active' end,
      case when alike then 100 else (n::bigint * 7919) % 100000 end,
      case when alike or n % 3 <> 0 then 'EUR' else 'USD' end, alike or n % 50 <> 0, '{}'
    from generate_series(1, ${count}::int) as n, (select ${areAlike}::boolean as alike) as products_are`;
  await sql`
    insert into product_terms (tenant_id, product_id, terms)
    select tenant_id, id, array_to_tsvector(array[${tenantTerm(tenant, "")} || name, ${tenantTerm(tenant, "")} || 'lamp'])
    from products`;
  await sql`vacuum analyze products, product_terms, categories`;
  const connections = connect({ url: database.url, poolSize: 2, applicationName: "test" });
  return {
    tenant,
    connections,
    sql,
    categoryId,
    close: async () => {
      await connections.close(1);
      await database.drop();
    },
  };
}

function uuid(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `7${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** Every combination of filters and sorts that the contract declares, over all products or a category. */
function combinations(categoryId: string): ProductQuery[] {
  const base = { pageSize: PAGE_SIZE, count: false } as const;
  return SORTS.flatMap((sort) =>
    [{}, { categoryId }].flatMap((where) =>
      [
        {},
        { status: "draft" as const },
        { inStock: false },
        { status: "draft" as const, inStock: false },
      ].map((filters) => ({
        ...base,
        sort,
        ...where,
        ...filters,
        ...(sort.endsWith("price") && { currency: "EUR" as const, minPrice: 100 }),
      })),
    ),
  );
}

/** The last row of page `page - 1` of a list, or of the last full page that there is. */
async function placeBefore(large: LargeTenant, query: ProductQuery, page: number) {
  const [column, direction] = [query.sort.replace("-", ""), query.sort.startsWith("-") ? "desc" : "asc"];
  const { sql, tenant } = large;
  const key = { createdAt: "id", name: "name_key", price: "price_minor" }[column] ?? "id";
  const rows = await sql`
    select id, name_key as "nameKey", price_minor::int as "priceMinor" from products
    where tenant_id = ${tenant}
      and (${query.status ?? null}::text is null or status = ${query.status ?? null})
      and (${query.inStock ?? null}::boolean is null or in_stock = ${query.inStock ?? null})
      and (${query.categoryId ?? null}::uuid is null or category_id = ${query.categoryId ?? null})
      and (${query.currency ?? null}::text is null or price_currency = ${query.currency ?? null})
      and (${query.minPrice ?? null}::bigint is null or price_minor >= ${query.minPrice ?? null})
    order by ${sql(key)} ${sql.unsafe(direction)}, id ${sql.unsafe(direction)}
    limit ${(page - 1) * PAGE_SIZE}`;
  const last = rows.at(-PAGE_SIZE - 2);
  expect(last).toBeDefined();
  const { id, nameKey, priceMinor } = last as unknown as { id: string; nameKey: string; priceMinor: number };
  return { id, key: sortKeyOf(query.sort, { nameKey, priceMinor }) };
}

/** Asks for a late page of every list, and says what each examined. */
export async function examineLatePages(large: LargeTenant, page: number) {
  const found: { readonly query: ProductQuery; readonly rows: number; readonly examined: Examined }[] = [];
  for (const query of combinations(large.categoryId)) {
    found.push({ query, ...(await examine(large, query, await placeBefore(large, query, page))) });
  }
  return found;
}

async function examine(large: LargeTenant, query: ProductQuery, place: Place | null) {
  const seen: Examined[] = [];
  const listOf = prepareShapes(
    explaining(large.connections, (one) => seen.push(one)),
    listStatement,
    isShort,
  );
  const categories = query.categoryId === undefined ? null : [query.categoryId];
  const { shape, values } = plan(query, { categories, ids: null }, place);
  const rows = await listOf(shape).execute({ ...values, tenant: large.tenant, limit: PAGE_SIZE + 1 });
  const [examined] = seen;
  if (examined === undefined) throw new Error("nothing was explained");
  return { rows: rows.length, examined };
}

/** Fails when a list of products that are all alike examines more for a filter that none of them passes. */
export async function expectListOfAlikeBounded(large: LargeTenant): Promise<void> {
  const middle =
    await large.sql`select id, name_key, price_minor::int from products order by id offset 10000 limit 1`;
  for (const query of combinations(large.categoryId)) {
    const passes = query.status === undefined && query.inStock === undefined;
    const key = sortKeyOf(query.sort, {
      nameKey: middle[0]?.["name_key"],
      priceMinor: middle[0]?.["price_minor"],
    });
    for (const place of [null, { id: middle[0]?.["id"], key }]) {
      const { rows, examined } = await examine(large, query, place);
      const name = JSON.stringify([query, place]);
      expect([name, rows]).toEqual([name, passes ? PAGE_SIZE + 1 : 0]);
      expect([name, examined.rows <= 10 * PAGE_SIZE, examined.rows]).toEqual([name, true, examined.rows]);
    }
  }
}

/** Fails when a late page of any list examined more than ten times its own rows, or read no index. */
export async function expectEveryListBounded(large: LargeTenant, page: number): Promise<void> {
  for (const { query, rows, examined } of await examineLatePages(large, page)) {
    const name = JSON.stringify(query);
    expect([name, rows]).toEqual([name, PAGE_SIZE + 1]);
    expect([name, examined.nodes.includes("Seq Scan")]).toEqual([name, false]);
    expect([name, examined.rows <= 10 * PAGE_SIZE, examined.rows]).toEqual([name, true, examined.rows]);
  }
}

/** How often Postgres made a plan for the very values of a page, and for any, when every list was asked for some pages. */
export async function plansMade(large: LargeTenant, where: "everywhere" | "in a category") {
  const listOf = prepareShapes(large.connections, listStatement, isShort);
  const isShortHere = where === "everywhere";
  for (const query of combinations(large.categoryId)) {
    if ((query.categoryId === undefined) !== isShortHere) continue;
    const categories = query.categoryId === undefined ? null : [query.categoryId];
    const { shape, values } = plan(query, { categories, ids: null }, null);
    for (let page = 0; page < MORE_THAN_POSTGRES_TRIES; page++) {
      await listOf(shape).execute({ ...values, tenant: large.tenant, limit: PAGE_SIZE + 1 });
    }
  }
  const counted = await large.connections.rows(
    `select sum(custom_plans)::int, sum(generic_plans)::int from pg_prepared_statements
      where statement like '%as branch cross join%'`,
    [],
    isShortHere,
  );
  const [[forItsValues, forAny] = []] = counted;
  return { forItsValues, forAny };
}

/** Fails when a search for a rare word reads anything but the index and what it finds there. */
export async function expectSearchBounded(large: LargeTenant): Promise<void> {
  const [rare] = await large.sql`select name from products where tenant_id = ${large.tenant} limit 1`;
  const search = prepareSearch(large.connections);
  expect(await search(large.tenant, rare?.["name"])).toHaveLength(1);
  expect(await search(large.tenant, "lamp")).toHaveLength(1_000);
  const [{ "QUERY PLAN": inner } = { "QUERY PLAN": "" }] = await large.sql`
    explain (format json) select product_id from product_terms
    where tenant_id = ${large.tenant} and terms @@ ${`'${tenantTerm(large.tenant, "x")}'`}::tsquery`;
  expect(JSON.stringify(inner)).toContain("product_terms_idx");
}
