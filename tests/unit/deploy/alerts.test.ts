import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { contract } from "#shared/contract.ts";
import { expressionFaults, type Matcher, namesIn, originSeries, selectorsIn } from "./metric-names.ts";
import { alerts, RULES_FILE, recorded, rules } from "./rules.ts";

const TEST_FILE = "deploy/prometheus/rules.test.yaml";
const CONFIG_FILE = "deploy/prometheus/compose.yaml";
const series = await originSeries();

test("every rule is of metrics and labels that the origin has, or of what is recorded", () => {
  expect(rules.flatMap(({ expr }) => expressionFaults(expr, series, recorded))).toEqual([]);
  expect(expressionFaults('gatehouse_nothing + gatehouse_strain{by="x"}', series, recorded)).toEqual([
    "gatehouse_nothing",
    "gatehouse_strain.by",
  ]);
});

test("what a deploy asks Prometheus for is the origin's", () => {
  const source = readFileSync("scripts/deploy/prometheus.ts", "utf8");
  expect(namesIn(source).filter((name) => !series.has(name))).toEqual([]);
});

test("what is recorded is used", () => {
  const others = (name: string) => rules.filter(({ record }) => record !== name).map(({ expr }) => expr);
  expect([...recorded].filter((name) => !others(name).join("\n").includes(name))).toEqual([]);
});

test.each(alerts)("$alert says how urgent it is, what it is, and where to read on", ({ alert, ...rule }) => {
  expect(["page", "ticket"]).toContain(rule.labels?.["severity"]);
  expect(rule.annotations?.["summary"]).toMatch(/\w/);
  const page = rule.annotations?.["runbook_url"] ?? "";
  expect(page).toMatch(/^docs\/runbooks\/\w+\.md$/);
  expect(existsSync(page)).toBe(true);
  const name = page.split("/").at(-1);
  const row = readFileSync("docs/runbooks/README.md", "utf8")
    .split("\n")
    .find((line) => line.includes(`](${name}) |`));
  expect(row).toContain(`\`${alert}\``);
});

test("the index of runbooks names no alert that is not there", () => {
  const named = readFileSync("docs/runbooks/README.md", "utf8").match(/`Gatehouse\w+`/g) ?? [];
  expect(named.map((name) => name.slice(1, -1)).sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

type Played = { readonly alertname: string; readonly exp_alerts: readonly unknown[] };

test("every alert is played firing, and silent", () => {
  const played: { readonly tests: readonly { readonly alert_rule_test: readonly Played[] }[] } = parse(
    readFileSync(TEST_FILE, "utf8"),
  );
  const cases = played.tests.flatMap((one) => one.alert_rule_test);
  const namesOf = (fires: boolean) =>
    [
      ...new Set(cases.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname)),
    ].sort();
  const all = alerts.map(({ alert }) => alert).sort();
  expect(namesOf(true)).toEqual(all);
  expect(namesOf(false)).toEqual(all);
});

describe("the classes of operations", () => {
  const counted = rules.filter(({ record }) => record === "gatehouse_class:requests:rate5m");
  const inTime = rules.filter(({ record }) => record === "gatehouse_class:requests_in_time:rate5m");
  const matchersOf = ({ expr }: { readonly expr: string }) => selectorsIn(expr)[0]?.matchers ?? [];
  const matches = ({ operator, value }: Matcher, operation: string) =>
    new RegExp(`^(?:${value})$`).test(operation) === (operator === "=~");
  const classesOf = (operation: string) =>
    counted.flatMap((rule) => {
      const isOne = matchersOf(rule).every((matcher) => matches(matcher, operation));
      return isOne ? [rule.labels?.["class"]] : [];
    });
  const BULK = ["exportProducts", "importProducts", "sendImportPart", "completeImport", "createPrices"];

  test("have each operation of the contract in one of them, but for bulk", () => {
    const unlike = Object.entries(contract).filter(([id, { method }]) => {
      const classes = classesOf(id);
      if (BULK.includes(id)) return classes.length !== 0;
      const [only] = classes;
      const isRead = only === "read" || only === "list";
      return classes.length !== 1 || isRead !== (method === "GET");
    });
    expect(unlike.map(([id]) => id)).toEqual([]);
  });

  test("count the same operations in time as at all", () => {
    const operations = (all: typeof rules) =>
      all.map((rule) => [rule.labels, matchersOf(rule).filter(({ label }) => label === "operation")]);
    expect(operations(inTime)).toEqual(operations(counted));
  });

  test("have bounds that are bounds of the histogram's buckets", () => {
    const source = readFileSync("origin/metrics.ts", "utf8");
    const [, list = ""] = /DURATION_BUCKETS = \[([^\]]*)\]/.exec(source) ?? [];
    const bounds = inTime.flatMap(matchersOf).filter(({ label }) => label === "le");
    expect(bounds).toHaveLength(counted.length);
    expect(bounds.filter(({ value }) => !list.split(", ").includes(value))).toEqual([]);
    // Prometheus 3 writes "1" as "1.0".
    expect(bounds.filter(({ value }) => Number.isInteger(Number(value)))).toEqual([]);
  });
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!hasPromtool).each([
  ["takes the rules", ["check", "rules", RULES_FILE]],
  ["takes the configuration, which loads them", ["check", "config", CONFIG_FILE]],
  ["sees each alert fire when it should, and only then", ["test", "rules", TEST_FILE]],
])("promtool %s", (_, args) => {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("SUCCESS");
});

test("the configuration loads the rules, and scrapes under the job that they ask for", () => {
  const config = parse(readFileSync(CONFIG_FILE, "utf8"));
  expect(config.rule_files).toEqual(["rules.yaml"]);
  const jobs = rules.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]*)"/g)].map(([, job]) => job));
  expect(new Set(jobs)).toEqual(new Set([config.scrape_configs[0].job_name]));
});
