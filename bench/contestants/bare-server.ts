import { eq, fillPlaceholders } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import Fastify from "fastify";
import type Postgres from "postgres";
import { products } from "#origin/db/tables/products.ts";
import { listStatement } from "#origin/resources/products/listing/statement.ts";
import { plan } from "#origin/resources/products/listing/wanted.ts";
import { publishedDriver } from "#scripts/local/published-driver.ts";
import type { Product } from "#shared/resources/products.ts";
import { openCatalogue, POOL_SIZE } from "./catalogue.ts";
import { LIST, PAGE_SIZE } from "./list.ts";
import { TENANT } from "./token.ts";

/**
 * The floor: the same rows of the same table by the same SQL, and sent. No tenancy, nobody asks who. All is as its makers
 * published it, the driver too.
 */

type Row = {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string | null;
  readonly brand: string | null;
  readonly category_id: string | null;
  readonly status: Product["status"];
  readonly price_minor: string | null;
  readonly price_currency: Currency | null;
  readonly list_price_minor: string | null;
  readonly list_price_currency: Currency | null;
  readonly in_stock: boolean;
  readonly attributes: Record<string, string>;
  readonly image_url: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
};
type Currency = NonNullable<Product["price"]>["currency"];

/** @returns its port */
export async function serveBare(told: string): Promise<number> {
  const { ownerUrl } = await openCatalogue(told);
  const driver = publishedDriver();
  const { default: postgres }: { default: typeof Postgres } = await import(driver.url);
  driver.remove();
  const sql = postgres(ownerUrl, { max: POOL_SIZE });
  const app = Fastify();
  app.get<{ Params: { productId: string } }>("/v1/products/:productId", async (request) => {
    const [row] = await sql<Row[]>`
      select id, sku, name, description, brand, category_id, status, price_minor, price_currency,
             list_price_minor, list_price_currency, in_stock, attributes, image_url, version,
             created_at, updated_at
      from products
      where tenant_id = ${TENANT} and id = ${request.params.productId} and deleted_at is null
      limit 1`;
    if (row === undefined) throw new Error("there is no such product");
    return productOf(row);
  });
  app.get<{ Querystring: { after: string } }>("/v1/products", async ({ query }) => {
    const { text, parameters } = pageAfter(query.after);
    const rows = await sql.unsafe<Row[]>(text, parameters, { prepare: true });
    const page = rows.slice(0, PAGE_SIZE);
    const nextCursor = rows.length > PAGE_SIZE ? (page.at(-1)?.id ?? null) : null;
    return { data: page.map(productOf), meta: { nextCursor, pageSize: PAGE_SIZE } };
  });
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
}

const place = { id: "", key: "" };
const { shape, values } = plan(LIST, { categories: null, ids: null }, place);
const listing = listStatement(
  drizzle.mock({ casing: "snake_case" }),
  eq(products.tenantId, TENANT),
  shape,
).toSQL();

function pageAfter(afterId: string) {
  const filled = fillPlaceholders(listing.params, { ...values, afterId, limit: PAGE_SIZE + 1 });
  return { text: listing.sql, parameters: filled as (string | number)[] };
}

function productOf(row: Row): Product {
  return {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    brand: row.brand,
    categoryId: row.category_id,
    status: row.status,
    price: moneyOf(row.price_minor, row.price_currency),
    listPrice: moneyOf(row.list_price_minor, row.list_price_currency),
    inStock: row.in_stock,
    attributes: row.attributes,
    imageUrl: row.image_url,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function moneyOf(amountMinor: string | null, currency: Currency | null): Product["price"] {
  return amountMinor === null || currency === null ? null : { amountMinor: Number(amountMinor), currency };
}
