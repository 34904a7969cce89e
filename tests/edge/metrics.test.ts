import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchMetrics } from "#scripts/edge-metrics/fetch.ts";
import { serveMetrics } from "#scripts/edge-metrics/serve.ts";
import { signatureOf } from "#scripts/local/operator.ts";
import { METRICS_PATH, METRICS_TARGET, PURGE_TARGET } from "#shared/operator.ts";
import { Command } from "#tests/support/command.ts";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";

const SECRET = `development-${"1".repeat(32)}`;

describe("an edge's own figures", AGAIN_WHEN_BLIND, () => {
  let edge: EdgeUnderTest;
  let token: string;
  beforeAll(async () => {
    const variables = { ...sighted(), ASSERTION_SECRETS: `test:${SECRET}` };
    edge = await startEdgeUnderTest({ variables });
    token = await edge.token();
  });
  afterAll(() => edge.stop());

  const get = async (
    path: string,
    headers: Record<string, string> = { authorization: `Bearer ${token}` },
  ) => {
    const answer = await fetch(edge.url + path, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };

  type Figures = ReadonlyMap<string, number>;
  const figures = async (): Promise<Figures> => {
    const text = await fetchMetrics({ url: edge.url, secret: SECRET }, Date.now());
    const samples = [...text.matchAll(/^(gatehouse_\S+) (\S+)$/gm)];
    return new Map(samples.map(([, sample = "", value]) => [sample, Number(value)]));
  };
  const requests = (operation: string, outcome: string) =>
    `gatehouse_edge_requests_total{operation="${operation}",outcome="${outcome}"}`;
  const since = async (before: Figures, sample: string) =>
    ((await figures()).get(sample) ?? 0) - (before.get(sample) ?? 0);

  it("count requests by operation and by what became of them", async () => {
    const before = await figures();
    const path = `/v1/products/${randomUUID()}`;
    expect([await get(path), await get(path), await get(path)]).toEqual([200, 200, 200]);
    expect(await get(path, {})).toBe(401);
    expect(await get("/no/such")).toBe(404);
    expect(await since(before, requests("getProduct", "miss"))).toBe(1);
    expect(await since(before, requests("getProduct", "hit"))).toBe(2);
    expect(await since(before, requests("getProduct", "unauthenticated"))).toBe(1);
    expect(await since(before, requests("none", "unknown-route"))).toBe(1);
  });

  it("show how long origins took, what came of it, and how their circuits stand", async () => {
    const before = await figures();
    expect(await get("/v1/me")).toBe(200);
    const answered = 'gatehouse_edge_origin_attempts_total{origin="0",outcome="answered"}';
    expect(await since(before, answered)).toBe(1);
    expect(await since(before, 'gatehouse_edge_origin_duration_seconds_count{origin="0"}')).toBe(1);
    const now = await figures();
    expect(now.get('gatehouse_edge_circuit_state{origin="0",state="closed"}')).toBe(1);
    expect(now.get('gatehouse_edge_circuit_state{origin="0",state="open"}')).toBe(0);
  });

  it("show what the cache holds, and whether Redis answers", async () => {
    const before = await figures();
    expect(await get(`/v1/products/${randomUUID()}`)).toBe(200);
    expect(await since(before, "gatehouse_edge_cache_entries")).toBe(1);
    expect(await since(before, "gatehouse_edge_cache_bytes")).toBeGreaterThan(100);
    const now = await figures();
    expect(now.get("gatehouse_edge_cache_evictions_total")).toBe(0);
    expect(now.get("gatehouse_edge_quotas_away")).toBe(0);
    expect(now.get("gatehouse_edge_sighted")).toBe(1);
  });

  it.each<[string, () => string | null]>([
    ["without a signature", () => null],
    [
      "with another secret's",
      () => signatureOf(`development-${"9".repeat(32)}`, METRICS_TARGET, "", Date.now()),
    ],
    ["with an order to purge", () => signatureOf(SECRET, PURGE_TARGET, "", Date.now())],
    ["with one that has expired", () => signatureOf(SECRET, METRICS_TARGET, "", Date.now() - 60_000)],
    ["with nonsense", () => "x.y"],
  ])("are a route that does not exist to whoever comes %s", async (_, signature) => {
    const signed = signature();
    const headers = signed === null ? {} : { "gatehouse-operator": signed };
    const answer = await fetch(edge.url + METRICS_PATH, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: "unknown-route" }]);
  });

  it("are what `npm run edge-metrics` prints", async () => {
    const variables = { ENVIRONMENT: "development", ASSERTION_SECRETS: `test:${SECRET}` };
    const args = ["--url", edge.url];
    const { code, stdout } = await new Command("scripts/edge-metrics.ts", args, variables).finished();
    expect(stdout).toMatch(/^# TYPE gatehouse_edge_requests_total counter$/m);
    expect(code).toBe(0);
    const other = { ...variables, ASSERTION_SECRETS: `test:development-${"9".repeat(32)}` };
    const refused = await new Command("scripts/edge-metrics.ts", args, other).finished();
    expect(refused.stderr).toContain("does not show its figures: it has another secret");
    expect(refused.code).toBe(1);
  });

  it("are served to a Prometheus, which cannot sign, for as long as the edge answers", async () => {
    const served = await serveMetrics(0, () => fetchMetrics({ url: edge.url, secret: SECRET }, Date.now()));
    const scraped = await fetch(served.url);
    expect(scraped.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await scraped.text()).toContain("gatehouse_edge_cache_bytes ");
    expect((await fetch(served.url.replace("/metrics", "/"))).status).toBe(404);
    served.close();
    const broken = await serveMetrics(0, () => Promise.reject(new Error("away")));
    const answer = await fetch(broken.url);
    expect([answer.status, await answer.text()]).toEqual([502, "away\n"]);
    broken.close();
  });
});
