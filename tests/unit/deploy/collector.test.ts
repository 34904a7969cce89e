import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

const FILE = "deploy/collector.yaml";
const hasCollector = spawnSync("otelcol", ["--version"]).status === 0;

type Pipeline = { readonly receivers: readonly string[]; readonly exporters: readonly string[] };
type Collector = {
  readonly receivers: {
    readonly otlp: { readonly protocols: { readonly http: { readonly endpoint: string } } };
  };
  readonly exporters: object;
  readonly service: { readonly pipelines: Readonly<Record<string, Pipeline>> };
};

const collector: Collector = parse(readFileSync(FILE, "utf8"));

test("every part of the collector's configuration is in a pipeline, and is there", () => {
  const pipelines = Object.values(collector.service.pipelines);
  for (const kind of ["receivers", "exporters"] as const) {
    const used = new Set(pipelines.flatMap((pipeline) => pipeline[kind]));
    expect([...used].sort()).toEqual(Object.keys(collector[kind]).sort());
  }
  expect(Object.keys(collector.service.pipelines)).toEqual(["traces"]);
});

test("the collector listens where the page on traces has an origin send them", () => {
  const { endpoint } = collector.receivers.otlp.protocols.http;
  const page = readFileSync("docs/observability.md", "utf8");
  expect(page).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=http://${endpoint} `);
});

test.skipIf(!hasCollector)("an OpenTelemetry Collector takes the configuration", () => {
  const { status, stderr } = spawnSync("otelcol", ["validate", "--config", FILE], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});
