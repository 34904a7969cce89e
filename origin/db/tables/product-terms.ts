import { customType, foreignKey, index, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { tenantId } from "./columns.ts";
import { products } from "./products.ts";

const searchVector = customType<{ data: string }>({ dataType: () => "tsvector" });

/**
 * The words that products are found by. A table of its own, because an operator that is not leakproof
 * (`@@`) is never answered from an index of a table that the asker sees through row-level security:
 * `gatehouse_search_products` looks here for the tenant of the transaction and answers ids only.
 */
export const productTerms = pgTable(
  "product_terms",
  {
    tenantId: tenantId(),
    productId: uuid().notNull(),
    /** Each led by the tenant it belongs to, so that one tenant's search passes over no other's. */
    terms: searchVector().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.productId] }),
    foreignKey({
      name: "product_terms_product_fkey",
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }).onDelete("cascade"),
    index("product_terms_idx").using("gin", table.terms),
  ],
);
