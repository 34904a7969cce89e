import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectEveryListBounded,
  expectListOfAlikeBounded,
  expectSearchBounded,
  type LargeTenant,
  plansMade,
  startLargeTenant,
} from "./listing-plans.ts";

/** The same at a million products: `listing-plans.long.test.ts`. */

let large: LargeTenant;
beforeAll(async () => {
  large = await startLargeTenant(30_000);
}, 120_000);
afterAll(() => large.close());

test("page 3 of every list examines at most ten times its own rows, through an index", async () => {
  await expectEveryListBounded(large, 3);
});

test("pages of all products are read by one plan, for Postgres takes longer to plan one than to read it", async () => {
  expect(await plansMade(large, "everywhere")).toEqual({ forItsValues: 0, forAny: expect.any(Number) });
});

test("pages of a category are planned for its values, without which Postgres would read and sort all of it", async () => {
  const { forItsValues } = await plansMade(large, "in a category");
  expect(forItsValues).toBeGreaterThan(0);
});

test("a search is answered from the index of terms, although products are seen through a policy", async () => {
  await expectSearchBounded(large);
});

test("the application cannot read the index of terms itself, which is why it asks a function", async () => {
  const rows = await large.connections.rows(
    `explain select product_id from product_terms where terms @@ 'x'::tsquery`,
    [],
  );
  expect(rows.flat().join()).not.toContain("product_terms_idx");
});

test("where all products are alike, a filter that none of them passes does not look at them all", async () => {
  const alike = await startLargeTenant(30_000, { areAlike: true });
  try {
    await expectListOfAlikeBounded(alike);
  } finally {
    await alike.close();
  }
}, 120_000);
