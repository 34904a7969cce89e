import { expect, test } from "vitest";
import { type Change, changedFields, encodeChanges } from "#shared/changes.ts";
import { itemField, listField } from "#shared/freshness.ts";

const some = (count: number): Change[] =>
  Array.from({ length: count }, (_, n) => ({ collection: "products", itemId: `id-${n}` }));

test("what the origin tells of changes names the lists and the items that the edge must not show as they were", () => {
  const changes = [...some(2), { collection: "prices", itemId: "p" }];
  expect([...(changedFields(encodeChanges(changes)) ?? [])].toSorted()).toEqual(
    [
      listField("products"),
      listField("prices"),
      itemField("products", "id-0"),
      itemField("products", "id-1"),
      itemField("prices", "p"),
    ].toSorted(),
  );
});

test("nothing changed is not the same as not known", () => {
  expect(changedFields(encodeChanges([]))?.size).toBe(0);
  expect(changedFields(null)).toBeNull();
});

test("more changes than fit a header are not told at all", () => {
  expect(encodeChanges(some(16))).not.toBeNull();
  expect(encodeChanges(some(17))).toBeNull();
});
