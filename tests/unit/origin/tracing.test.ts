import { describe, expect, test } from "vitest";
import { readTracing } from "#origin/tracing/config.ts";
import { reporting } from "#origin/tracing/reporting.ts";
import { VariableReader, type Variables } from "#shared/environment.ts";

describe("the configuration of traces", () => {
  const read = (variables: Variables) => {
    const reader = new VariableReader({ ENVIRONMENT: "development", ...variables });
    const config = readTracing(reader);
    reader.done();
    return config;
  };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.test:4318/" };

  test("is none without an endpoint", () => {
    expect(read({ OTEL_TRACES_SAMPLER: "always_on" })).toBeNull();
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toBeNull();
  });

  test("records what whoever began a trace wants recorded, unless it says otherwise", () => {
    expect(read(endpoint)).toEqual({
      endpoint: "http://collector.test:4318",
      headers: {},
      serviceName: "gatehouse-origin",
      resource: {},
      sampler: "parentbased_always_on",
      ratio: 1,
    });
  });

  test("takes the specification's names and values", () => {
    const config = read({
      ...endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc, x-team = shop ",
      OTEL_SERVICE_NAME: "shop",
      OTEL_RESOURCE_ATTRIBUTES: "service.version=1.2.3",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    });
    expect(config).toMatchObject({
      headers: { authorization: "Bearer abc", "x-team": "shop" },
      serviceName: "shop",
      resource: { "service.version": "1.2.3" },
      sampler: "parentbased_traceidratio",
      ratio: 0.25,
    });
  });

  test.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "no pair"],
    ["OTEL_TRACES_SAMPLER", "sometimes"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
    ["OTEL_TRACES_SAMPLER_ARG", "a tenth"],
  ])("names %s when it is %s", (name, value) => {
    expect(() => read({ ...endpoint, [name]: value })).toThrow(`- ${name} must be`);
  });
});

test("what a collector does not take is told once a minute, with how many spans were lost since", () => {
  let now = 0;
  const told: object[] = [];
  const away = {
    export: (_: unknown, done: (result: { code: number; error: Error }) => void) =>
      done({ code: 1, error: new Error("connect ECONNREFUSED") }),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const exporter = reporting(away, { warn: (details) => told.push(details) }, () => now);
  const lose = (count: number) => exporter.export(Array.from({ length: count }), () => undefined);
  lose(3);
  now = 30_000;
  lose(4);
  now = 61_000;
  lose(5);
  expect(told).toEqual([
    { lost: 3, reason: "connect ECONNREFUSED" },
    { lost: 9, reason: "connect ECONNREFUSED" },
  ]);
});
