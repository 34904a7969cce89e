import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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

const SETTLING_MS = 50;

test("what a read has held does not grow old with a table of the reads on its connection", async () => {
  const flags = [
    "--max-semi-space-size=8",
    "--expose-gc",
    "--trace-gc",
    "--trace-gc-nvp",
    "--input-type=module",
  ];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, "--eval", READING], {
    maxBuffer: 64 * 1024 * 1024,
  });
  // Modules grow old while they are loaded.
  const collections = [...stdout.matchAll(/ (\d+) ms: .* allocated=(\d+) promoted=(\d+) /g)]
    .map(([, ...figures]) => figures.map(Number))
    .filter(([at = 0]) => at > Number(stderr) + SETTLING_MS);
  const sum = (column: number) => collections.reduce((total, figures) => total + (figures[column] ?? 0), 0);
  expect(sum(1)).toBeGreaterThan(100_000_000);
  // With a `Set` 0.38, else nothing.
  expect(sum(2) / sum(1)).toBeLessThan(0.03);
});
