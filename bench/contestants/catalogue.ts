import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { migrate } from "#origin/db/migrate.ts";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { ensureTenants, type Tenant } from "#scripts/local/tenants.ts";
import type { Product } from "#shared/resources/products.ts";
import { product, productId } from "./product.ts";
import { TENANT } from "./token.ts";

export type Catalogue = {
  /** Bypasses row-level security. */
  readonly ownerUrl: string;
  /** As the origin connects. */
  readonly runtimeUrl: string;
  /** Of the tenant that is asked for. */
  readonly products: number;
  /** Upstash's REST protocol; left out: the origin starts one of its own. */
  readonly redisUrl?: string;
};

export const POOL_SIZE = 10;

const PRODUCTS = 5_000;
const PLACES_READ = 200;
const OTHER_TENANT = "0190a7c0-0000-7000-8000-00000000000b";

/**
 * The catalogue that a contestant serves.
 * @param told a `Catalogue` as JSON; empty: a small one of the contestant's own
 */
export async function openCatalogue(told: string): Promise<Catalogue> {
  return told === "" ? (await startCatalogue(PRODUCTS)).catalogue : JSON.parse(told);
}

export type RunningCatalogue = { readonly catalogue: Catalogue; readonly stop: () => Promise<void> };

/** A Postgres of its own, with the tables of the migrations and two tenants' products. */
export async function startCatalogue(products: number): Promise<RunningCatalogue> {
  const { ownerUrl, stop } = await startPostgres();
  await migrate(ownerUrl);
  const runtimeUrl = await createRuntimeLogin(ownerUrl, { user: "gatehouse_bench", password: randomUUID() });
  await fillCatalogue(ownerUrl, [{ id: TENANT, slug: "bench", name: "Bench" }], products);
  const other = [{ id: OTHER_TENANT, slug: "other", name: "Other" }];
  await fillCatalogue(ownerUrl, other, Math.min(PRODUCTS, products));
  return { catalogue: { ownerUrl, runtimeUrl, products }, stop };
}

/** Makes tenants with so many products each; a million take a minute or two. */
export async function fillCatalogue(
  ownerUrl: string,
  tenants: readonly Tenant[],
  products: number,
): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await ensureTenants(sql, tenants);
  const [head, first] = [product.id.slice(0, -12), Number.parseInt(product.id.slice(-12), 16)];
  for (const { id } of tenants) {
    await sql.begin(async (tx) => {
      // They have always been there: nothing is to be noted, and nothing refers to what is not.
      await tx`set local session_replication_role = replica`;
      await tx`
        insert into products (tenant_id, id, sku, name, description, brand, status, price_minor, price_currency,
          in_stock, attributes, created_at, updated_at)
        select ${id}, (${head} || lpad(to_hex(${first}::bigint + n), 12, '0'))::uuid, 'BENCH-' || n + 1,
          ${product.name}, ${product.description}, ${product.brand}, ${product.status},
          ${product.price?.amountMinor ?? null}, ${product.price?.currency ?? null}, ${product.inStock},
          ${tx.json({ ...product.attributes })}, ${product.createdAt}, ${product.updatedAt}
        from generate_series(0, ${products - 1}::int) as n`;
    });
  }
  await sql`vacuum analyze products`;
  await sql.end();
}

/** The product at an index of a catalogue, as the API shows it. */
export function productAt(index: number): Product {
  return { ...product, id: productId(index), sku: `BENCH-${index + 1}` };
}

/** Indexes from `from` on that are read, spread over the whole catalogue. */
export function placesIn(told: string, from = 0): readonly number[] {
  const products = told === "" ? PRODUCTS : (JSON.parse(told) as Catalogue).products;
  return Array.from(
    { length: PLACES_READ },
    (_, i) => from + Math.floor((i * (products - from)) / PLACES_READ),
  );
}
