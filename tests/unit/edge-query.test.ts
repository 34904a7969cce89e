import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { BLOBS, DOUBLES } from "#edge/metrics/columns.ts";
import { readArguments } from "#scripts/edge-query/options.ts";
import { QUERIES, sqlOf } from "#scripts/edge-query/queries.ts";
import { problems } from "#shared/problems.ts";

const queries = Object.entries(QUERIES);

describe.each(queries)("the query %s", (_, query) => {
  const sql = sqlOf(query, "gatehouse_edge", 24);

  test("asks for columns that points have, and for nothing that is not filled in", () => {
    const asked = [...sql.matchAll(/\b(blob|double)(\d+)\b/g)];
    const there = { blob: BLOBS.length, double: DOUBLES.length };
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.filter(([, kind, n]) => Number(n) > there[kind as "blob" | "double"])).toEqual([]);
    expect(sql).not.toMatch(/[{}]|DATASET|SINCE/);
  });

  test("is bounded in time, and counts what rows stand for rather than rows", () => {
    expect(sql).toContain("FROM gatehouse_edge\nWHERE timestamp > NOW() - INTERVAL '24' HOUR AND ");
    expect(sql).toContain("SUM(_sample_interval)");
    expect(sql).not.toMatch(/\bcount\(/i);
    expect(sql).not.toMatch(/quantileExactWeighted\([\d.]+\)\(double\d+\)/);
  });

  test("compares with nothing that no point says", () => {
    const words = readFileSync("edge/http-cache/status.ts", "utf8").match(/"[A-Z]+"/g) ?? [];
    const known = [
      ...words.map((word) => word.slice(1, -1).toLowerCase()),
      ...Object.keys(problems),
      ...["request", "attempt", "lost", "late", "busy", "24"],
    ];
    const named = [...sql.matchAll(/'([^']*)'/g)].map(([, word]) => word);
    expect(named.filter((word) => !known.includes(word ?? ""))).toEqual([]);
  });
});

test("a query that names a column that there is none of is refused", () => {
  expect(() => sqlOf({ about: "", sql: "SELECT {client}" }, "x", 1)).toThrow("no column holds client");
});

test("columns are as many as the platform takes", () => {
  expect(BLOBS.length).toBeLessThanOrEqual(20);
  expect(DOUBLES.length).toBeLessThanOrEqual(20);
});

test("staging and production write to data sets of their own, and development to none", () => {
  const dataSetOf = (env?: string) =>
    readConfig({ config: "wrangler.toml", ...(env ? { env } : {}) }).analytics_engine_datasets;
  expect(dataSetOf("production")).toEqual([{ binding: "ANALYTICS", dataset: "gatehouse_edge" }]);
  expect(dataSetOf("staging")).toEqual([{ binding: "ANALYTICS", dataset: "gatehouse_edge_staging" }]);
  expect([dataSetOf(), dataSetOf("development")]).toEqual([[], []]);
});

test("the command takes a query by its name, a data set and hours, and refuses the rest", () => {
  expect(readArguments(["limits"])).toEqual({
    query: QUERIES["limits"],
    dataSet: "gatehouse_edge",
    hours: 1,
  });
  expect(readArguments(["limits", "--hours", "48", "--dataset", "gatehouse_edge_staging"])).toMatchObject({
    dataSet: "gatehouse_edge_staging",
    hours: 48,
  });
  for (const wrong of [
    [],
    ["nothing"],
    ["limits", "--hours", "0"],
    ["limits", "--dataset", "a;b"],
    ["--x"],
  ]) {
    expect(() => readArguments(wrong), wrong.join(" ")).toThrow();
  }
  expect(readArguments(["--help"])).toBeNull();
});

describe("the page about it", () => {
  const page = readFileSync("docs/edge-metrics.md", "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| `?(\w*)`? \|/gm)].map(([, column, name]) => [column, name]);

  test("has every column where points have it", () => {
    expect(rows.filter(([column]) => /^(?:blob|double)\d+$/.test(column ?? ""))).toEqual([
      ...BLOBS.map((name, i) => [`blob${i + 1}`, name]),
      ...DOUBLES.map((name, i) => [`double${i + 1}`, name]),
    ]);
  });

  test("has every query", () => {
    for (const [name] of queries) expect(page).toContain(`| \`${name}\` |`);
  });
});
