import { expect, test } from "vitest";
import { faultsOfRows } from "./matrix/check.ts";
import type { Chosen } from "./matrix/run.ts";

/** Each dependency lost in another way, beside the rows of `outage-contract.test.ts`. */
const LANES: readonly Chosen[] = [
  [
    ["issuer", "killed"],
    ["redis", "garbage"],
    ["relay", "refuses"],
    ["oneOrigin", "silent"],
    ["oneOrigin", "half"],
    ["origins", "resets"],
  ],
  [
    ["postgres", "silent"],
    ["postgres", "killed"],
    ["postgres", "terminated"],
    ["postgres", "full"],
  ],
];

test("a cell of the outage contract that changes its class fails the build", async () => {
  expect(await faultsOfRows(LANES)).toEqual([]);
});
