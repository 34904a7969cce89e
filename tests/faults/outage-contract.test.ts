import { expect, test } from "vitest";
import { faultsOfRows } from "./matrix/check.ts";

/** The rows that matter most; the long suites go through more, and `npm run test:faults` through all of them. */
test("clients see of an outage what the outage contract says", { timeout: 300_000 }, async () => {
  const lane = [
    ["redis", "silent"],
    ["origins", "killed"],
    ["postgres", "refuses"],
  ] as const;
  expect(await faultsOfRows([lane])).toEqual([]);
});
