import { and, eq, isNull, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { Product, products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf, requireIfMatch, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import {
  explainProductError,
  nextVersion,
  productColumns,
  productDefaults,
  productOf,
  valuesOf,
} from "./columns.ts";
import { applyPatch } from "./merge-patch.ts";
import { removeTerms, storeTerms } from "./search/store.ts";

type Writes = Pick<HandlersOf<typeof routes>, "createProduct" | "updateProduct" | "deleteProduct">;

const changed = (itemId: string) => ({ collection: "products", itemId });

export function productWrites({ write }: Services): Writes {
  return {
    async createProduct(call) {
      return write(call, async (tx, changes) => {
        const identity = { tenantId: call.caller.tenantId, id: uuidv7() };
        const rows = await tx
          .insert(products)
          .values({ ...identity, ...valuesOf({ ...productDefaults, ...call.body }) })
          .returning(productColumns)
          .prepare("create_product")
          .execute()
          .catch(explainProductError);
        const product = productOf(first(rows));
        await storeTerms(tx, call.caller.tenantId, [product]);
        changes.push(changed(product.id));
        const headers = { etag: etagOf(product.version), location: `/v1/products/${product.id}` };
        return { status: 201, body: product, headers };
      });
    },

    async updateProduct(call) {
      const ifMatch = requireIfMatch(call.headers);
      return write(call, async (tx, changes) => {
        const current = await lockLive(tx, call.params.productId);
        requireMatch(ifMatch, current.version);
        const { id, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...values } = current;
        const rows = await tx
          .update(products)
          .set({ ...valuesOf(applyPatch(values, call.body)), ...nextVersion })
          .where(eq(products.id, id))
          .returning(productColumns)
          .prepare("update_product")
          .execute()
          .catch(explainProductError);
        const product = productOf(first(rows));
        await storeTerms(tx, call.caller.tenantId, [product]);
        changes.push(changed(id));
        return { status: 200, body: product, headers: { etag: etagOf(product.version) } };
      });
    },

    async deleteProduct(call) {
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx, changes) => {
        const current = await lock(tx, call.params.productId);
        if (current === undefined) throw new Problem("not-found");
        if (current.deletedAt !== null) return { status: 204 };
        if (ifMatch !== undefined) requireMatch(ifMatch, current.version);
        await tx
          .update(products)
          .set({ ...nextVersion, deletedAt: sql`now()` })
          .where(eq(products.id, call.params.productId))
          .prepare("delete_product")
          .execute();
        await removeTerms(tx, call.params.productId);
        changes.push(changed(call.params.productId));
        // With a product its stock cannot be read any more.
        changes.push({ collection: "stock", itemId: call.params.productId });
        return { status: 204 };
      });
    },
  };
}

/** The product, locked against other writes until the transaction ends. */
async function lockLive(tx: Transaction, id: string): Promise<Product> {
  const rows = await tx
    .select(productColumns)
    .from(products)
    .where(and(eq(products.id, id), isNull(products.deletedAt)))
    .for("update")
    .prepare("lock_product")
    .execute();
  if (rows[0] === undefined) throw new Problem("not-found");
  return productOf(rows[0]);
}

/** The same of a product that may have been deleted. */
async function lock(tx: Transaction, id: string) {
  const rows = await tx
    .select({ version: products.version, deletedAt: products.deletedAt })
    .from(products)
    .where(eq(products.id, id))
    .for("update")
    .prepare("lock_product_version")
    .execute();
  return rows[0];
}

function first<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error("the statement returned no row");
  return row;
}
