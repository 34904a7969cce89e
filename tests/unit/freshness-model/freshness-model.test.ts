import { describe, expect, it } from "vitest";
import { THE_DESIGN } from "./design.ts";
import { firstViolation } from "./explore.ts";

/** How many interleavings each alternative gets to show that it is wrong, and the design to survive. */
const RUNS = 20_000;
const STEPS = 160;

describe("the freshness protocol, over random interleavings of writers, relays, Redis, backups and edges", () => {
  it("gives no stale answer as designed", () => {
    expect(firstViolation(THE_DESIGN, RUNS, STEPS)).toBeNull();
  });

  it.each([
    ["rows are delivered by bigserial position", { delivery: "above-position" }],
    ["versions are counted in a Redis that can lose them", { versions: "incr", births: "none" }],
    ["the version is drawn before the rows are read", { draw: "before-read" }],
    ["writes purge instead of changing the key", { invalidation: "purge" }],
    ["a read with a token joins an earlier flight", { tokenReads: "join" }],
    ["the watermark is the highest delivered transaction", { watermark: "highest-delivered" }],
    ["versions that were lost count from nothing", { births: "none" }],
    ["a Postgres that was put back is not noticed", { eras: "none" }],
    ["an edge forgets what went through it", { marks: "none" }],
    ["an edge knows what went through it by the highest number alone", { marks: "highest" }],
    ["a token's number is compared with those of another history", { tokens: "numbers" }],
    ["a Postgres that was put back is known by its transaction ids alone", { eras: "by-ids" }],
  ] as const)("is caught giving one when %s", (_, change) => {
    expect(firstViolation({ ...THE_DESIGN, ...change }, RUNS, STEPS)).not.toBeNull();
  });
});
