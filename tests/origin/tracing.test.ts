import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Collector, startCollector } from "#tests/support/collector.ts";
import { originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { startOriginProcess } from "#tests/support/origin-process.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const traced = (flags: string) => ({ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-${flags}` } });

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

/** What one request to an origin leaves at the collector, once that origin has stopped. */
async function spansOf(flags: string, variables: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const before = collector.spans().length;
  const origin = await startOwnOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables });
  const { status } = await originClient((await newTenant()).id, origin.url)("/v1/clients", {
    scopes: ["clients:admin"],
    ...traced(flags),
  });
  await origin.stop();
  expect(status).toBe(200);
  return collector
    .spans()
    .slice(before)
    .map(({ name }) => name);
}

test("a stop sends the spans of the last requests", async () => {
  expect(await spansOf("01")).toEqual(["SELECT api_clients", "listClients"]);
});

test("what a handler refuses within its transaction is no failure of the database", async () => {
  const before = collector.spans().length;
  const origin = await startOwnOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const { status } = await originClient((await newTenant()).id, origin.url)(`/v1/clients/${randomUUID()}`, {
    method: "PATCH",
    scopes: ["clients:admin"],
    body: JSON.stringify({ disabled: true }),
    headers: { ...traced("01").headers, "content-type": "application/merge-patch+json" },
  });
  await origin.stop();
  expect(status).toBe(404);
  const [database, request] = collector.spans().slice(before);
  expect(database).toMatchObject({ kind: 3, status: {} });
  expect(database?.attributes).not.toHaveProperty("db.response.status_code");
  expect(request).toMatchObject({ name: "updateClient", attributes: { "gatehouse.outcome": "not-found" } });
});

test("samplers decide as OpenTelemetry says", async () => {
  const both = ["SELECT api_clients", "listClients"];
  const sampler = (name: string, ratio = "1") => ({
    OTEL_TRACES_SAMPLER: name,
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  expect(await spansOf("00")).toEqual([]);
  expect(await spansOf("00", sampler("always_on"))).toEqual(both);
  expect(await spansOf("01", sampler("always_off"))).toEqual([]);
  expect(await spansOf("01", sampler("traceidratio", "0"))).toEqual([]);
  expect(await spansOf("00", sampler("traceidratio", "1"))).toEqual(both);
  expect(await spansOf("01", sampler("parentbased_traceidratio", "0"))).toEqual(both);
  expect(await spansOf("00", sampler("parentbased_traceidratio", "1"))).toEqual([]);
});

test("what no edge has signed is not recorded", async () => {
  const before = collector.spans().length;
  const origin = await startOwnOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const { status } = await originClient(null, origin.url)("/v1/clients", { claims: null, ...traced("01") });
  await origin.stop();
  expect([status, collector.spans().length]).toEqual([401, before]);
});

test("a collector that is away costs no request anything, and is told of in the log", async () => {
  const origin = await startOwnOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" });
  const send = originClient((await newTenant()).id, origin.url);
  const ask = () => send("/v1/clients", { scopes: ["clients:admin"], ...traced("01") });
  for (let i = 0; i < 20; i++) expect((await ask()).status).toBe(200);
  const warning = () => origin.lines().find(({ msg }) => msg === "spans were not exported");
  await expect.poll(warning, { timeout: 20_000 }).toMatchObject({ level: "warn", lost: expect.any(Number) });
  expect((await ask()).status).toBe(200);
  const stopped = await origin.stop();
  expect(stopped).toEqual({ cut: 0 });
});

test("a collector that takes spans and never answers does not hold up a stop", async () => {
  const silent = await startCollector(() => undefined);
  onTestFinished(() => silent.stop());
  const origin = await startOwnOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: silent.url });
  const send = originClient((await newTenant()).id, origin.url);
  await send("/v1/clients", { scopes: ["clients:admin"], ...traced("01") });
  expect(await origin.stop()).toEqual({ cut: 0 });
});

/** Every script that an origin has loaded between its start and its end, by V8's own account. */
async function loaded(variables: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-coverage-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const origin = await startOriginProcess({
    ...stack().originVariables,
    ...variables,
    NODE_V8_COVERAGE: folder,
  });
  const send = originClient((await newTenant()).id, origin.url);
  await send("/v1/clients", { scopes: ["clients:admin"], ...traced("01") });
  process.kill(origin.pid, "SIGTERM");
  expect(await origin.ended).toBe(0);
  return readdirSync(folder).flatMap((file) => {
    const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return result.map(({ url }) => url);
  });
}

/** Two origins start and stop, and V8 writes down all that each has loaded. */
const TWO_ORIGINS_MS = 90_000;

test(
  "where traces are off, no SDK and no exporter is loaded, nor the plugin that would add a hook",
  async () => {
    // The API's CommonJS form is prom-client's, for exemplars; what records would load the other one.
    const OF_TRACES = /@opentelemetry\/(?!api\/.*\.cjs)|tracing\/open-telemetry\.ts|plugins\/trace\.ts/;
    const [off, on] = [await loaded({}), await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })];
    expect(off.some((url) => url.endsWith("origin/app.ts"))).toBe(true);
    expect(off.filter((url) => OF_TRACES.test(url))).toEqual([]);
    // It would be seen if it were.
    for (const name of [
      "@opentelemetry/sdk-trace",
      "@opentelemetry/api/dist/index.mjs",
      "tracing/open-telemetry.ts",
      "plugins/trace.ts",
    ]) {
      expect(
        on.some((url) => url.includes(name)),
        name,
      ).toBe(true);
    }
  },
  TWO_ORIGINS_MS,
);
