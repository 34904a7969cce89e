import { itemField, listField } from "./freshness.ts";

/** An item that a write made, changed or removed. Lists of its collection change with it. */
export type Change = { readonly collection: string; readonly itemId: string };

/** More are not told one by one. */
const MAX_CHANGES = 16;

/** Changes as the origin tells the edge of them: `products/<id>,categories/<id>`. Null: too many. */
export function encodeChanges(changes: readonly Change[]): string | null {
  if (changes.length > MAX_CHANGES) return null;
  return changes.map(({ collection, itemId }) => `${collection}/${itemId}`).join();
}

/** The versions (`freshness.ts`) that the changes will change. Null: any of the tenant's. */
export function changedFields(encoded: string | null): ReadonlySet<string> | null {
  if (encoded === null) return null;
  const changes = encoded.split(",").filter((change) => change !== "");
  return new Set(
    changes.flatMap((change) => {
      const [collection = "", itemId = ""] = change.split("/");
      return [itemField(collection, itemId), listField(collection)];
    }),
  );
}
