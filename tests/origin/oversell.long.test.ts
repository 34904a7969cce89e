import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { type Hall, histories, openHall, playOut } from "./oversell.ts";

let hall: Hall;
beforeAll(async () => {
  hall = await openHall();
});
afterAll(() => hall.stop());

const LIMIT_MS = 90_000;

test("nothing is oversold or lost in many histories", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      await playOut(hall, history);
    }),
    { numRuns: 300, endOnFailure: true, interruptAfterTimeLimit: LIMIT_MS },
  );
});
