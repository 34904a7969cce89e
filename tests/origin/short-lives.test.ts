import { expect, test } from "vitest";
import { promotion } from "#tests/support/promotion.ts";
import { stack } from "#tests/support/stack.ts";

/** Pages of 20 rows, one after the other, over one connection. */
const READING = `
  import postgres from "postgres";
  import { openConnection, readRows } from "./origin/db/lane.ts";
  const PAGES = 4_000;
  const connection = openConnection(() => postgres(process.argv.at(-1), { max: 1, fetch_types: false }));
  const page = "select n, repeat('word ', 80) || n, n + 1 from generate_series(1, 20) as n";
  // What is there by now is old from here on.
  await readRows(connection, page, []);
  gc();
  console.error(performance.now());
  for (let read = 0; read < PAGES; read++) await readRows(connection, page, []);
  await connection.client.end();`;

test("the rows of a read do not grow old with the driver's array of them", async () => {
  const { allocatedBytes, promotedShare } = await promotion(READING, [stack().databaseUrl]);
  expect(allocatedBytes).toBeGreaterThan(50_000_000);
  // Left in that array a third or more.
  expect(promotedShare).toBeLessThan(0.1);
});
