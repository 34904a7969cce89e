import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { contract } from "#shared/contract.ts";
import { expressionFaults, originSeries, selectorsIn } from "./metric-names.ts";
import { recorded } from "./rules.ts";

const FOLDER = "deploy/grafana";

type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
};
type Dashboard = { readonly uid: string; readonly title: string; readonly panels: readonly Panel[] };

const read = (file: string) => readFileSync(`${FOLDER}/${file}`, "utf8");
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));
const dashboards = files.map((file): [string, Dashboard] => [file, JSON.parse(read(file))]);
const series = await originSeries();
const source = parse(read("provisioning/datasources/prometheus.yaml")).datasources[0];

test("there are dashboards, each with an id of its own", () => {
  expect(dashboards.length).toBeGreaterThan(1);
  expect(dashboards.map(([, { uid }]) => `${uid}.json`)).toEqual(files);
});

describe.each(dashboards)("%s", (_, { title, panels }) => {
  const shown = panels.filter(({ type }) => type !== "row");
  const expressions = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  test("has a title, and panels that have one, lie beside one another and ask the source that is provisioned", () => {
    expect(title).toMatch(/\w/);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size).toBe(panels.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    for (const panel of shown) {
      expect(panel.title).toMatch(/\w/);
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      const uids = panel.targets?.map(({ datasource }) => datasource.uid) ?? [];
      expect(new Set(uids), panel.title).toEqual(new Set([source.uid]));
    }
  });

  test("shows only what the origin has, or what is recorded", () => {
    expect(expressions.flatMap((expression) => expressionFaults(expression, series, recorded))).toEqual([]);
  });

  test("asks only for operations that there are", () => {
    const asked = expressions
      .flatMap(selectorsIn)
      .flatMap(({ matchers }) => matchers.filter(({ label }) => label === "operation"))
      .flatMap(({ value }) => (value === "$operation" ? [] : value.split("|")));
    expect(asked.filter((operation) => !(operation in contract))).toEqual([]);
  });
});
