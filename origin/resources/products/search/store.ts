import { eq, sql } from "drizzle-orm";
import type { Transaction } from "../../../db/client.ts";
import { productTerms } from "../../../db/tables/product-terms.ts";
import { termsOf } from "./terms.ts";

/** What a product is found by. */
export type Searchable = {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly brand: string | null;
  readonly description: string | null;
};

/** A term as it is stored and looked for: led by its tenant, of whose id the end is random. */
export function tenantTerm(tenantId: string, term: string): string {
  return `${tenantId.slice(-12)}${term}`;
}

/**
 * Makes products found by what they say now, in the transaction that makes them say so.
 * @returns the ids of those that were found by something else before, or not at all
 */
export async function storeTerms(
  tx: Transaction,
  tenantId: string,
  products: readonly Searchable[],
): Promise<string[]> {
  if (products.length === 0) return [];
  const rows = products.map(({ id, sku, name, brand, description }) => ({
    id,
    terms: termsOf([name, brand, sku, description].join("\n")).map((term) => tenantTerm(tenantId, term)),
  }));
  const stored = await tx.execute<{ id: string }>(sql`
    insert into product_terms (tenant_id, product_id, terms)
    select ${tenantId}::uuid, id, array_to_tsvector(terms)
    from json_to_recordset(${JSON.stringify(rows)}::json) as item (id uuid, terms text[])
    order by id
    on conflict (tenant_id, product_id) do update set terms = excluded.terms
    where product_terms.terms is distinct from excluded.terms
    returning product_id as id`);
  return stored.map(({ id }) => id);
}

/** Makes a product not be found. */
export async function removeTerms(tx: Transaction, productId: string): Promise<void> {
  await tx
    .delete(productTerms)
    .where(eq(productTerms.productId, sql.placeholder("id")))
    .prepare("remove_product_terms")
    .execute({ id: productId });
}
