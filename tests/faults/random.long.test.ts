import { expect, test } from "vitest";
import { runRandomFaults } from "./random/run.ts";

/** A minute of it; `npm run test:faults -- --random --minutes 10` takes its time. */
const SEED = 20_261_121;

test("no acknowledged write is lost or doubled under random faults", { timeout: 300_000 }, async () => {
  const { faults, figures } = await runRandomFaults(SEED, 60_000);
  expect(faults, figures).toEqual([]);
});
