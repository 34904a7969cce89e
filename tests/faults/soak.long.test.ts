import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OutageRig, startOutageRig } from "#tests/support/outage-rig.ts";
import { startTroubles } from "#tests/support/soak/faults.ts";
import { startLoad } from "#tests/support/soak/load.ts";
import { type Holding, measureHolding } from "#tests/support/soak/measure.ts";
import { growthOf, medianOf } from "#tests/support/soak/trend.ts";
import { mintToken } from "#tests/support/stack.ts";

/**
 * Mixed load while parts fail: whatever one request or one failure leaves behind adds up. `npm run soak` runs
 * the same for as long as it is told (docs/operating.md).
 */

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? "1.25");
const MEGABYTE = 2 ** 20;
/** Between two measurements. */
const LAP_MS = Math.max(6_000, (MINUTES * 60_000) / 40);
/** Of the laps, those in which caches fill and code is compiled. */
const WARM_UP = 0.35;
/** What a heap may seem to grow by in all that follows: V8's own compiling and the edge's bounded caches. */
const MAX_GROWTH_MEGABYTES = 4;
/** Sockets of pools come and go. */
const MAX_MORE_RESOURCES = 40;
/** After the last fault: what waits for a dead connection has given up. */
const CALM_MS = 2_500;

let rig: OutageRig;
beforeAll(async () => {
  // Answers of earlier versions stay until there is no more room: with little of it, that is soon.
  rig = await startOutageRig({ inspected: true, ownEdgeVariables: { EMBEDDED_CACHE_MEGABYTES: "1" } });
});
afterAll(() => rig.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function makeTenant() {
  const tenantId = await rig.database.newTenant();
  const products = Array.from({ length: 50 }, () => randomUUID());
  for (const id of products) {
    await rig.database.sql`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
      values (${tenantId}, ${id}, ${id}, 'A lamp', 'active', true, '{}')`;
  }
  const scopes = ["catalog:read", "catalog:write", "orders:read", "orders:write"];
  return { products, token: await mintToken({ tenantId, scopes }) };
}

test(
  "after mixed load with faults both heaps are as large as before, and no timers, sockets or listeners have piled up",
  async () => {
    const tenants = [await makeTenant(), await makeTenant(), await makeTenant()];
    const load = startLoad({
      edgeUrl: rig.edge.url,
      tokens: tenants.map(({ token }) => token),
      products: tenants.map(({ products }) => products),
      clients: 6,
    });
    const troubles = startTroubles(rig);
    const startedAt = performance.now();
    const laps: (Holding & { readonly at: number })[] = [];
    while (performance.now() - startedAt < MINUTES * 60_000) {
      await pause(LAP_MS - CALM_MS);
      await troubles.pause();
      await pause(CALM_MS);
      await load.pause();
      laps.push({ at: performance.now() - startedAt, ...(await measureHolding(rig)) });
      load.resume();
      troubles.resume();
    }
    await troubles.stop();
    await load.stop();

    const warm = laps.slice(Math.ceil(laps.length * WARM_UP));
    const growth = (of: keyof Holding) => growthOf(warm.map((lap) => ({ at: lap.at, value: lap[of] })));
    const level = (of: keyof Holding) => medianOf(warm.map((lap) => lap[of]));
    const seen = {
      laps: warm.length,
      answers: Object.fromEntries([...load.counts].sort(([a], [b]) => a - b)),
      originMegabytes: [level("originHeap") / MEGABYTE, growth("originHeap") / MEGABYTE],
      edgeMegabytes: [level("edgeHeap") / MEGABYTE, growth("edgeHeap") / MEGABYTE],
      resources: [level("resources"), growth("resources")],
      timers: [level("timers"), growth("timers")],
      listeners: [level("listeners"), growth("listeners")],
    };
    process.stdout.write(`Over ${MINUTES} minutes, levels and growth after: ${JSON.stringify(seen)}\n`);
    expect(growth("originHeap") / MEGABYTE).toBeLessThan(MAX_GROWTH_MEGABYTES);
    expect(growth("edgeHeap") / MEGABYTE).toBeLessThan(MAX_GROWTH_MEGABYTES);
    expect(growth("resources")).toBeLessThan(MAX_MORE_RESOURCES);
    expect(growth("timers")).toBeLessThan(MAX_MORE_RESOURCES);
    expect(growth("listeners")).toBeLessThan(1);
    expect(rig.origin.errors()).not.toContain("MaxListenersExceededWarning");
    // It was load, and it was trouble.
    expect(load.counts.get(200) ?? 0).toBeGreaterThan(MINUTES * 300);
    expect((load.counts.get(503) ?? 0) + (load.counts.get(504) ?? 0)).toBeGreaterThan(0);
  },
  MINUTES * 60_000 * 1.5 + 60_000,
);
