import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnOrigin, originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { newTenant } from "#tests/support/stack.ts";

let origin: OwnOrigin;
beforeAll(async () => {
  origin = await startOwnOrigin();
});
afterAll(() => origin.stop());

const scrape = async () => (await fetch(`${origin.opsUrl}/metrics`)).text();

describe("a scrape", () => {
  const folder = "deploy/grafana";
  const dashboards = readdirSync(folder).filter((file) => file.endsWith(".json"));
  const sources = [...dashboards.map((file) => `${folder}/${file}`), "deploy/prometheus/rules.yaml"];

  test.each(sources)("has every metric that %s names", async (source) => {
    const names = readFileSync(source, "utf8").match(/\bgatehouse_[a-z0-9_]+(?!:|[a-z0-9_])/g) ?? [];
    const types = [...(await scrape()).matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    const there = types.flatMap(([, name, type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    expect([...new Set(names)].filter((name) => !there.includes(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(10);
  });

  test("names no tenant, however many there are", async () => {
    const tenants = await Promise.all([newTenant(), newTenant()]);
    for (const { id } of tenants) await originClient(id, origin.url)("/v1/me");
    const text = await scrape();
    for (const { id, slug } of tenants) {
      expect(text).not.toContain(id);
      expect(text).not.toContain(slug);
    }
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
    expect([...labels].filter((label) => /tenant|client|user|id$/.test(label ?? ""))).toEqual([]);
  });
});
