import { expect, test } from "vitest";
import { promotion } from "#tests/support/promotion.ts";

/** Reads, eight at a time, over one connection, for as long as it takes to collect garbage many times. */
const READING = `
  import { openConnection, readRows } from "./origin/db/lane.ts";
  const ROWS = 200_000;
  let read = 0;
  const asked = [];
  const rows = () => [Array.from({ length: 20 }, (_, at) => "value " + at + " of row " + read++)];
  const values = () => new Promise((resolve) => asked.push(() => resolve(rows())));
  const client = { options: { parsers: {}, serializers: {} }, unsafe: () => ({ values }) };
  const connection = openConnection(() => client);
  async function keepReading() {
    while (read < ROWS * 20) await readRows(connection, "select", []);
  }
  console.error(performance.now());
  const all = Promise.all(Array.from({ length: 8 }, keepReading));
  // What is there by now is old from here on.
  gc();
  while (asked.length > 0) {
    for (const answer of asked.splice(0)) answer();
    // Until the next have been asked for; a timer's or immediate's own list would be part of what is measured.
    for (let turn = 0; turn < 10; turn++) await null;
  }
  await all;`;

test("what a read has held does not grow old with a table of the reads on its connection", async () => {
  const { allocatedBytes, promotedShare } = await promotion(READING);
  expect(allocatedBytes).toBeGreaterThan(100_000_000);
  // With a `Set` 0.38, else nothing.
  expect(promotedShare).toBeLessThan(0.03);
});
