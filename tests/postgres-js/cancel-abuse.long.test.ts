import { expect, test } from "vitest";
import { abuse } from "./cancel-abuse.ts";

test("cancelling a third of what runs for a minute never touches the rest, and leaves the pool whole", async () => {
  const { committed, read, cancelled, wrong } = await abuse(60_000);
  expect(wrong).toEqual([]);
  expect(Math.min(committed, read, cancelled)).toBeGreaterThan(500);
}, 120_000);
