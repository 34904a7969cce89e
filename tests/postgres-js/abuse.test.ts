import { afterAll, beforeAll, expect, test } from "vitest";
import { assertPatchedDriver } from "#origin/db/patched.ts";
import { publishedDriver } from "#scripts/local/published-driver.ts";
import { abuse } from "./abuse.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch.ts";

let database: ScratchDatabase;
beforeAll(async () => {
  database = await scratchDatabase();
});
afterAll(() => database.drop());

test("with connections killed every 15 ms, no statement lands in another transaction and the pool is whole again", async () => {
  const outcome = await abuse("postgres", database.url, 8);

  expect(outcome).toMatchObject({
    kind: "ended",
    report: { misplaced: 0, torn: 0, lost: 0, wrongAnswers: 0, stuck: [] },
  });
  if (outcome.kind === "ended") {
    expect(outcome.report.killed).toBeGreaterThan(100);
    expect(outcome.report.committed).toBeGreaterThan(100);
  }
}, 60_000);

test("the driver as published crashes under the same abuse", async () => {
  const pristine = publishedDriver();
  try {
    expect(await abuse(pristine.url, database.url, 8)).toMatchObject({ kind: "crashed" });
    const { default: published }: { default: object } = await import(pristine.url);
    expect(() => assertPatchedDriver(published)).toThrow(/npm ci/);
  } finally {
    pristine.remove();
  }
}, 60_000);

test("the installed driver is the patched one", () => {
  expect(() => assertPatchedDriver()).not.toThrow();
});
