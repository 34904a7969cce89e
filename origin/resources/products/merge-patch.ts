import { Problem } from "#shared/problems.ts";
import type { ProductPatch } from "#shared/resources/products.ts";
import type { ProductValues } from "./columns.ts";

const MAX_ATTRIBUTES = 100;

/**
 * Applies a JSON Merge Patch (RFC 7396 §2). Only `attributes` is patched member by member; a price is
 * one value. The schema has seen to it that nothing is removed that must not be.
 * @throws Problem `unprocessable` when the result has too many attributes
 */
export function applyPatch(current: ProductValues, patch: ProductPatch): ProductValues {
  const attributes = mergeAttributes(current.attributes, patch.attributes ?? {});
  return { ...current, ...patch, attributes };
}

function mergeAttributes(
  current: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  if (merged.size > MAX_ATTRIBUTES) {
    const detail = `there would be ${merged.size}, and ${MAX_ATTRIBUTES} are the limit`;
    throw new Problem("unprocessable", {
      errors: [{ in: "body", pointer: "/attributes", rule: "maxProperties", detail }],
    });
  }
  return Object.fromEntries(merged);
}
