import { afterAll, beforeAll, expect, test } from "vitest";
import { abuse } from "./abuse.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch.ts";

let database: ScratchDatabase;
beforeAll(async () => {
  database = await scratchDatabase();
});
afterAll(() => database.drop());

test("a minute of killed connections leaves every transaction intact and the pool whole", async () => {
  expect(await abuse("postgres", database.url, 60)).toMatchObject({
    kind: "ended",
    report: { misplaced: 0, torn: 0, lost: 0, wrongAnswers: 0, stuck: [] },
  });
});
