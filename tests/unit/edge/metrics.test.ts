import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../edge/exchange.ts";
import { BLOBS, DOUBLES } from "../../../edge/metrics/columns.ts";
import { Counts } from "../../../edge/metrics/counts.ts";
import { expositionOf } from "../../../edge/metrics/exposition.ts";
import { attemptPoint, requestPoint } from "../../../edge/metrics/points.ts";
import { createRecorder } from "../../../edge/metrics/recorder.ts";
import type { OriginAttempt } from "../../../edge/origin.ts";

const TENANT = "0190a7c0-0000-7000-8000-00000000000a";
const PLACE = { location: "FRA", version: "v-1" };

function answered(change: Partial<Exchange> = {}) {
  const principal = { tenantId: TENANT, clientId: "client-of-jane", subject: "jane", scopes: [] };
  const exchange = { operationId: "getMe", outcome: "hit", principal, charged: null, address: "203.0.113.7" };
  return { ...exchange, ...change } as unknown as Exchange;
}
const attempt = (change: Partial<OriginAttempt> = {}): OriginAttempt => ({
  operationId: "getMe",
  origin: 1,
  outcome: "answered",
  durationMs: 30,
  ...change,
});

describe("a data point", () => {
  const named = ({ blobs, doubles }: ReturnType<typeof requestPoint>) => ({
    ...Object.fromEntries(BLOBS.map((name, i) => [name, blobs[i]])),
    ...Object.fromEntries(DOUBLES.map((name, i) => [name, doubles[i]])),
  });

  test("has each value in the column of its name", () => {
    expect(named(requestPoint(answered(), 200, 12, PLACE))).toEqual({
      ...{ kind: "request", operation: "getMe", outcome: "hit", tenant: TENANT, quota: "", origin: "" },
      ...{ location: "FRA", version: "v-1", status: 200, duration_ms: 12 },
    });
    expect(named(attemptPoint(attempt({ outcome: "late" }), "v-1"))).toMatchObject({
      ...{ kind: "attempt", operation: "getMe", outcome: "late", origin: "1", duration_ms: 30, tenant: "" },
    });
  });

  test("is within the platform's limits, whatever came", () => {
    const odd = answered({ operationId: "x".repeat(300), principal: null });
    const point = requestPoint(odd, 404, 0, PLACE);
    expect(point.indexes.map((index) => index.length)).toEqual([96]);
    expect(point.blobs.length).toBeLessThanOrEqual(20);
    expect(point.doubles.length).toBeLessThanOrEqual(20);
    expect(point.blobs.every((blob) => typeof blob === "string")).toBe(true);
    expect(requestPoint(answered({ operationId: null }), 404, 0, PLACE).indexes).toEqual([""]);
  });

  test("says nothing of a person: neither subject, nor client, nor address", () => {
    const text = JSON.stringify(requestPoint(answered(), 200, 1, PLACE));
    for (const secret of ["jane", "client-of-jane", "203.0.113.7"]) expect(text).not.toContain(secret);
  });
});

describe("the recorder", () => {
  test("lets no request fail because a point cannot be written, and counts it all the same", () => {
    const counts = new Counts();
    const dataSet = {
      writeDataPoint: () => {
        throw new Error("too many points");
      },
    };
    const recorder = createRecorder(counts, { dataSet, locationOf: () => "FRA", version: "" });
    expect(() => recorder.request(answered(), 200, 0)).not.toThrow();
    expect(() => recorder.attempt(attempt())).not.toThrow();
    expect(counts.requests.get("getMe")?.get("hit")?.n).toBe(1);
  });

  test("writes one point for a request and one for each attempt", () => {
    const written: unknown[] = [];
    const dataSet = { writeDataPoint: (point: unknown) => written.push(point) };
    const recorder = createRecorder(new Counts(), { dataSet, locationOf: () => "FRA", version: "v-1" });
    recorder.request(answered(), 200, 12);
    recorder.attempt(attempt());
    expect(written).toEqual([requestPoint(answered(), 200, 12, PLACE), attemptPoint(attempt(), "v-1")]);
  });
});

describe("an isolate's figures", () => {
  const figures = (counts: Counts) =>
    expositionOf({
      counts,
      origins: [{ state: "half-open", answeredAt: null, failedAt: 1 }],
      cache: { bytes: 1_000, entries: 3, evictions: 2 },
      areQuotasAway: true,
      isSighted: null,
    }).split("\n");

  test("are Prometheus' text: each family with its type, its samples and nothing else", () => {
    const counts = new Counts();
    for (const outcome of ["hit", "hit", "quota-exceeded"]) counts.request("getMe", outcome);
    for (const durationMs of [4, 30, 700]) counts.attempt(attempt({ origin: 0, durationMs }));
    const lines = figures(counts);
    expect(lines).toContain('gatehouse_edge_requests_total{operation="getMe",outcome="hit"} 2');
    expect(lines).toContain('gatehouse_edge_requests_total{operation="getMe",outcome="quota-exceeded"} 1');
    expect(lines).toContain('gatehouse_edge_origin_duration_seconds_bucket{origin="0",le="0.025"} 1');
    expect(lines).toContain('gatehouse_edge_origin_duration_seconds_bucket{origin="0",le="0.05"} 2');
    expect(lines).toContain('gatehouse_edge_origin_duration_seconds_bucket{origin="0",le="+Inf"} 3');
    expect(lines).toContain('gatehouse_edge_origin_duration_seconds_sum{origin="0"} 0.734');
    expect(lines).toContain('gatehouse_edge_circuit_state{origin="0",state="half-open"} 1');
    expect(lines).toContain('gatehouse_edge_circuit_state{origin="0",state="closed"} 0');
    expect(lines).toContain("gatehouse_edge_cache_evictions_total 2");
    expect(lines).toContain("gatehouse_edge_quotas_away 1");
    expect(lines).toContain("gatehouse_edge_sighted NaN");
    const sample = /^gatehouse_edge_\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? (?:[\d.e+-]+|NaN)$/;
    expect(lines.filter((line) => line !== "" && !line.startsWith("# ") && !sample.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe("");
  });
});
