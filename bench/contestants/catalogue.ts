import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { migrate } from "#origin/db/migrate.ts";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { ensureTenants, type Tenant } from "#scripts/local/tenants.ts";
import { product, productId } from "./product.ts";
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
  const tenants = [
    { id: TENANT, slug: "bench", name: "Bench" },
    { id: OTHER_TENANT, slug: "other", name: "Other" },
  ];
  await fillCatalogue(ownerUrl, tenants, PRODUCTS);
  return { ownerUrl, runtimeUrl };
}

/** Makes tenants with so many products each. @param products a multiple of a thousand */
export async function fillCatalogue(
  ownerUrl: string,
  tenants: readonly Tenant[],
  products: number,
): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await ensureTenants(sql, tenants);
  for (const { id } of tenants) {
    for (let from = 0; from < products; from += 1_000) {
      const rows = Array.from({ length: 1_000 }, (_, i) => rowOf(id, from + i));
      await sql`insert into products ${sql(rows)}`;
    }
  }
  await sql`vacuum analyze products`;
  await sql.end();
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
