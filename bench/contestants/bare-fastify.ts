import Fastify from "fastify";
import postgres from "postgres";
import type { Product } from "#shared/resources/products.ts";
import { get, type Serving } from "../contestant.ts";
import { FIRST_PRODUCT, POOL_SIZE, PRODUCTS_READ, startCatalogue } from "./catalogue.ts";
import { productId } from "./product.ts";
import { TENANT } from "./token.ts";

/** The floor: the same row of the same table, read by its key and sent. No tenancy, nobody asks who. */

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

export async function start(): Promise<Serving> {
  const { ownerUrl } = await startCatalogue();
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
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    port: Number(new URL(url).port),
    pids: [process.pid],
    expected: { body: JSON.stringify(FIRST_PRODUCT), headers: { "content-type": "^application/json" } },
  };
}

export function requests(): Promise<readonly string[]> {
  const ids = Array.from({ length: PRODUCTS_READ }, (_, index) => productId(index));
  return Promise.resolve(ids.map((id) => get(`/v1/products/${id}`)));
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
