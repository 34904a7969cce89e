import { afterAll, beforeAll, expect, test } from "vitest";
import { type NoiseCounts, startNoise } from "#tests/support/noise.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { medianOf } from "#tests/support/soak/trend.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

/**
 * One tenant orders one product, 20 times as often as another reads: each order holds a connection while it waits
 * for the row that all of them want, and far more come than can be served. Pairs of rounds, without the noise and
 * with it, so that whatever else the machine does falls on both.
 */

const PAIRS = 5;
const ROUND_MS = 5_000;
const QUIET_PER_SECOND = 20;
const TIMES_AS_OFTEN = 20;
const MAX_RISE = 2;

let origin: OriginProcess;
let quiet: Shop;
let noisyId: string;
let products: readonly string[];
let wanted: string;

beforeAll(async () => {
  origin = await startOriginProcess({ ...stack().originVariables, DATABASE_POOL_SIZE: "8" });
  noisyId = (await newTenant()).id;
  quiet = shopOf((await newTenant()).id, origin.url);
  products = await Promise.all(Array.from({ length: 20 }, () => quiet.newProduct(0)));
  wanted = await shopOf(noisyId, origin.url).newProduct(1_000_000);
});
afterAll(async () => {
  origin.kill();
  await origin.ended;
});

/** Reads at a constant rate. @returns the 99th percentile of their latencies, in milliseconds */
async function readQuietly(): Promise<number> {
  const latencies: number[] = [];
  const reads: Promise<void>[] = [];
  const refused: unknown[] = [];
  const read = async (id: string) => {
    const startedAt = performance.now();
    const { status, json } = await quiet.send(`/v1/products/${id}`);
    latencies.push(performance.now() - startedAt);
    if (status !== 200) refused.push(json);
  };
  const count = (ROUND_MS / 1000) * QUIET_PER_SECOND;
  for (let n = 0; n < count; n++) {
    reads.push(read(products[n % products.length] ?? ""));
    await new Promise((resolve) => setTimeout(resolve, 1000 / QUIET_PER_SECOND));
  }
  await Promise.all(reads);
  expect(refused).toEqual([]);
  latencies.sort((a, b) => a - b);
  return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Number.NaN;
}

function startOrders() {
  const target = "POST /v1/orders";
  return startNoise({
    url: origin.url,
    path: "/v1/orders",
    perSecond: QUIET_PER_SECOND * TIMES_AS_OFTEN,
    headers: {
      "content-type": "application/json",
      "gatehouse-assertion": signAssertion({
        target,
        tenantId: noisyId,
        subject: "noisy",
        clientId: "noisy",
        scopes: ["orders:write"],
      }),
    },
    body: JSON.stringify({ currency: "USD", lines: [{ productId: wanted, quantity: 1 }] }),
  });
}

test("a tenant that asks 20 times as often as another does not double the other's p99", async () => {
  const alone: number[] = [];
  const beside: number[] = [];
  const noise: NoiseCounts[] = [];
  await readQuietly();
  for (let pair = 0; pair < PAIRS; pair++) {
    alone.push(await readQuietly());
    const orders = startOrders();
    beside.push(await readQuietly());
    noise.push(await orders.stop());
    // What it has left behind is not the next round's.
    await expect
      .poll(async () => (await (await fetch(`${origin.opsUrl}/metrics`)).text()).includes("in_flight 0\n"), {
        timeout: 15_000,
      })
      .toBe(true);
  }
  const rise = medianOf(beside) / medianOf(alone);
  const rounded = (values: readonly number[]) => values.map((value) => Math.round(value * 10) / 10);
  process.stdout.write(
    `p99 alone ${rounded(alone)} ms, beside the noise ${rounded(beside)} ms: ${rise.toFixed(2)} times. ` +
      `The noise was answered ${JSON.stringify(noise.at(-1))}\n`,
  );
  expect(rise).toBeLessThan(MAX_RISE);
  // It was more than could be served.
  expect(noise.every((counts) => (counts[201] ?? 0) > 0)).toBe(true);
  expect(noise.reduce((sum, counts) => sum + (counts[503] ?? 0), 0)).toBeGreaterThan(0);
}, 120_000);
