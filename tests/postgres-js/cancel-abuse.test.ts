import { expect, test } from "vitest";
import { abuse } from "./cancel-abuse.ts";

/** The same for a minute: `cancel-abuse.long.test.ts`. */

test("cancelling a third of what runs never touches the rest, and leaves the pool whole", async () => {
  const { committed, read, cancelled, wrong } = await abuse(3_000);
  expect(wrong).toEqual([]);
  expect(Math.min(committed, read, cancelled)).toBeGreaterThan(20);
}, 60_000);
