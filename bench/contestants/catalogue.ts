import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { migrate } from "#origin/db/migrate.ts";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { product } from "./product.ts";
import { TENANT } from "./token.ts";

export type Catalogue = {
  /** Bypasses row-level security. */
  readonly ownerUrl: string;
  /** As the origin connects. */
  readonly runtimeUrl: string;
};

/** The first of the products that are read; each has a UUID of its own. */
export const FIRST_PRODUCT = product;
export const PRODUCTS_READ = 200;
export const POOL_SIZE = 10;

const PRODUCTS = 5_000;
const OTHER_TENANT = "0190a7c0-0000-7000-8000-00000000000b";

/** A Postgres of this contestant's own, with the tables of the migrations and two tenants' products. */
export async function startCatalogue(): Promise<Catalogue> {
  const { ownerUrl } = await startPostgres();
  await migrate(ownerUrl);
  const runtimeUrl = await createRuntimeLogin(ownerUrl, { user: "gatehouse_bench", password: randomUUID() });
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await sql`insert into tenants ${sql([
    { id: TENANT, slug: "bench", name: "Bench" },
    { id: OTHER_TENANT, slug: "other", name: "Other" },
  ])}`;
  for (const tenant of [TENANT, OTHER_TENANT]) {
    for (let from = 0; from < PRODUCTS; from += 1_000) {
      const rows = Array.from({ length: 1_000 }, (_, i) => rowOf(tenant, from + i));
      await sql`insert into products ${sql(rows)}`;
    }
  }
  await sql`vacuum analyze products`;
  await sql.end();
  return { ownerUrl, runtimeUrl };
}

/** The id of the product at an index: `FIRST_PRODUCT`'s with another tail. */
export function productId(index: number): string {
  const tail = Number.parseInt(FIRST_PRODUCT.id.slice(-12), 16) + index;
  return FIRST_PRODUCT.id.slice(0, -12) + tail.toString(16).padStart(12, "0");
}

function rowOf(tenant: string, index: number) {
  return {
    tenant_id: tenant,
    id: productId(index),
    sku: `BENCH-${index + 1}`,
    name: product.name,
    description: product.description,
    brand: product.brand,
    status: product.status,
    price_minor: product.price?.amountMinor ?? null,
    price_currency: product.price?.currency ?? null,
    in_stock: product.inStock,
    attributes: { ...product.attributes },
    created_at: product.createdAt,
    updated_at: product.updatedAt,
  };
}
