import { afterAll, beforeAll, test } from "vitest";
import {
  expectEveryListBounded,
  expectSearchBounded,
  type LargeTenant,
  startLargeTenant,
} from "./listing-plans.ts";

let large: LargeTenant;
beforeAll(async () => {
  large = await startLargeTenant(1_000_000);
}, 600_000);
afterAll(() => large.close());

test("at a million products page 1,000 of every list examines at most ten times its own rows", async () => {
  await expectEveryListBounded(large, 1_000);
}, 300_000);

test("at a million products a search considers a bounded number of them", async () => {
  await expectSearchBounded(large);
}, 60_000);
