import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { type Part, partsOf } from "#scripts/import/parts.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-parts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function cut(text: string): Promise<Part[]> {
  const file = join(folder, "lines.ndjson");
  writeFileSync(file, text);
  return Array.fromAsync(partsOf(file));
}

const lines = (count: number, ending: string) =>
  Array.from({ length: count }, (_, i) => `${i}${ending}`).join("");

test.each([
  ["nothing", "", []],
  ["one line with an end", "a\n", [[1, 1]]],
  ["one line without", "a", [[1, 1]]],
  ["blank lines", "\n\n", [[1, 2]]],
  ["a full part", lines(2_000, "\n"), [[1, 2_000]]],
  [
    "a full part and a line without end",
    `${lines(2_000, "\n")}x`,
    [
      [1, 2_000],
      [2_001, 1],
    ],
  ],
  [
    "CRLF",
    lines(2_001, "\r\n"),
    [
      [1, 2_000],
      [2_001, 1],
    ],
  ],
])("cuts %s", async (_, text, expected) => {
  expect((await cut(text)).map(({ firstLine, lines }) => [firstLine, lines])).toEqual(expected);
});

test("a line longer than a part goes alone", async () => {
  const long = "x".repeat(9 * 1024 * 1024);
  const parts = await cut(`a\n${long}\nb\n${long}`);
  expect(parts.map(({ firstLine, lines }) => [firstLine, lines])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
  ]);
});

test("whatever the file, its parts are the file, and their line numbers are right", async () => {
  const text = fc.array(fc.constantFrom("\n", "\r\n", "{}", "ü".repeat(40_000)), { maxLength: 5_000 });
  await fc.assert(
    fc.asyncProperty(text, async (pieces) => {
      const file = pieces.join("");
      const parts = await cut(file);
      expect(Buffer.concat(parts.map(({ body }) => body)).toString()).toBe(file);
      let before = 0;
      for (const { firstLine, lines, body } of parts) {
        expect(firstLine).toBe(before + 1);
        const content = Buffer.from(body).toString();
        expect(lines).toBe(content.split("\n").length - (content.endsWith("\n") ? 1 : 0));
        before += lines;
      }
    }),
    { numRuns: 30 },
  );
});
