import { and, gt, isNull, sql } from "drizzle-orm";
import { formatDecimal, type Money } from "#shared/money.ts";
import type { productExport as routes } from "#shared/resources/product-export.ts";
import type { ProductImportLine } from "#shared/resources/product-import.ts";
import type { HandlersOf } from "../../../call.ts";
import { prepareRead } from "../../../db/read.ts";
import { products } from "../../../db/tables/products.ts";
import type { Services } from "../../../services.ts";
import { type ProductRow, productColumns, productOf } from "../columns.ts";
import { categoryPath } from "./category-path.ts";

/** Few enough for the memory that a product may take, many enough for few statements. */
const BATCH_ROWS = 50;
const FIRST = "00000000-0000-0000-0000-000000000000";

type Row = ProductRow & { readonly categoryPath: readonly string[] };

/**
 * All products in the order of their ids, which is that of their creation. Each batch is a statement of
 * its own, read when the one before has been sent: no product comes twice, each is as it was when its batch
 * was read, and what is created or deleted meanwhile may or may not be there.
 */
export function productExport({ connections }: Services): HandlersOf<typeof routes> {
  const batch = prepareRead(connections, (db, ready) =>
    db
      .select({ ...productColumns, categoryPath: categoryPath.as("category_path") })
      .from(products)
      .where(and(ready, isNull(products.deletedAt), gt(products.id, sql.placeholder("after"))))
      .orderBy(products.id)
      .limit(BATCH_ROWS),
  );

  async function* linesOf(tenant: string): AsyncGenerator<ProductImportLine[]> {
    for (let after: string | undefined = FIRST; after !== undefined; ) {
      const rows: Row[] = await batch.execute({ tenant, after });
      if (rows.length > 0) yield rows.map(lineOf);
      after = rows.length === BATCH_ROWS ? rows.at(-1)?.id : undefined;
    }
  }

  return {
    async exportProducts({ caller: { tenantId } }) {
      return { status: 200, body: linesOf(tenantId) };
    },
  };
}

/** Says all of a product that an import can set, so that it comes out the same. */
function lineOf({ categoryPath, ...row }: Row): ProductImportLine {
  const { sku, name, description, brand, price, listPrice, inStock, status, attributes, imageUrl } =
    productOf(row);
  return {
    sku,
    name,
    description,
    brand,
    category: [...categoryPath],
    price: priceText(price),
    list_price: priceText(listPrice),
    in_stock: inStock,
    status,
    attributes,
    image: imageUrl,
  };
}

/** With its currency: the two prices of a product may be in different ones. */
function priceText(money: Money | null): string | null {
  return money === null ? null : `${formatDecimal(money)} ${money.currency}`;
}
