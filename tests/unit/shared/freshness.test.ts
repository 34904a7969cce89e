import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketOf, ITEM_BUCKETS, itemField, listField, versionsKey } from "#shared/freshness.ts";

describe("bucketOf", () => {
  // Fixed for good: relay and edges of different releases must agree on the bucket of an id.
  test("puts known ids where it always did", () => {
    expect(["", "a", "0199b7c2-5b7e-7c3a-9d52-0e6f3c1a2b4d"].map(bucketOf)).toMatchInlineSnapshot(`
      [
        217,
        288,
        43,
      ]
    `);
  });

  test("stays within the buckets, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        const bucket = bucketOf(id);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < ITEM_BUCKETS).toBe(true);
      }),
    );
  });

  test("spreads UUIDs that were made one after the other", () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 50 * ITEM_BUCKETS; i++) {
      const bucket = bucketOf(`0199b7c2-5b7e-7c3a-9d52-${i.toString(16).padStart(12, "0")}`);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect(counts.size).toBe(ITEM_BUCKETS);
    expect(Math.max(...counts.values())).toBeLessThan(150);
  });
});

test("the fields of two collections or tenants never coincide", () => {
  expect(new Set([listField("a"), listField("b"), itemField("a", "1"), itemField("b", "1")]).size).toBe(4);
  expect(versionsKey("a")).not.toBe(versionsKey("b"));
});
