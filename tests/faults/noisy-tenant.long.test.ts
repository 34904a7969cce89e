import { afterAll, beforeAll, expect, test } from "vitest";
import { type NoiseCounts, startNoise } from "#tests/support/noise.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { medianOf } from "#tests/support/soak/trend.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/**
 * One tenant orders one product, another lists its products. Somebody else holds the row that all orders want most of
 * the time, so each holds a connection for long, without work for the processor. Pairs of rounds, in which the first
 * orders as often as the other lists, and 20 times as often, which is far more than can be served: who gets a
 * connection is what is measured, and that a machine of two cores can do all of it.
 */

const ROUNDS = 5;
const ROUND_MS = 6_000;
const QUIET_PER_SECOND = 10;
/** How long the row is held, and left free, in milliseconds. */
const HELD_MS = 300;
const FREE_MS = 20;
const TIMES_AS_OFTEN = 20;
const MAX_RISE = 2;

let origin: OriginProcess;
let quiet: Shop;
let noisyId: string;
let wanted: string;

beforeAll(async () => {
  origin = await startOriginProcess({ ...stack().originVariables, DATABASE_POOL_SIZE: "8" });
  noisyId = (await newTenant()).id;
  quiet = shopOf((await newTenant()).id, origin.url);
  for (let n = 0; n < 20; n++) await quiet.newProduct(0);
  wanted = await shopOf(noisyId, origin.url).newProduct(1_000_000);
});
afterAll(async () => {
  origin.kill();
  await origin.ended;
});

/** Holds the row that orders want. */
function startHolding() {
  let stopping = false;
  async function run(): Promise<void> {
    while (!stopping) {
      await owner().begin(async (tx) => {
        await tx`select 1 from stock_levels where tenant_id = ${noisyId} for update`;
        await pause(HELD_MS);
      });
      await pause(FREE_MS);
    }
  }
  const ended = run();
  return async () => {
    stopping = true;
    await ended;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Lists at a constant rate. @returns the 99th percentile of their latencies, in milliseconds */
async function listQuietly(): Promise<number> {
  const latencies: number[] = [];
  const lists: Promise<void>[] = [];
  const refused: unknown[] = [];
  const list = async () => {
    const startedAt = performance.now();
    const { status, json } = await quiet.send("/v1/products?pageSize=20");
    latencies.push(performance.now() - startedAt);
    if (status !== 200) refused.push(json);
  };
  const count = (ROUND_MS / 1000) * QUIET_PER_SECOND;
  for (let n = 0; n < count; n++) {
    lists.push(list());
    await pause(1000 / QUIET_PER_SECOND);
  }
  await Promise.all(lists);
  expect(refused).toEqual([]);
  latencies.sort((a, b) => a - b);
  return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Number.NaN;
}

function startOrders(times: number) {
  const target = "POST /v1/orders";
  return startNoise({
    url: origin.url,
    path: "/v1/orders",
    perSecond: QUIET_PER_SECOND * times,
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

/** @returns the 99th percentile of the lists' latencies beside so many times as many orders, and their answers */
async function listBeside(times: number): Promise<{ readonly p99: number; readonly noise: NoiseCounts }> {
  const release = startHolding();
  const orders = startOrders(times);
  const p99 = await listQuietly();
  const noise = await orders.stop();
  await release();
  // What it has left behind is not the next round's.
  await expect
    .poll(async () => (await (await fetch(`${origin.opsUrl}/metrics`)).text()).includes("in_flight 0\n"), {
      timeout: 15_000,
    })
    .toBe(true);
  return { p99, noise };
}

test("a tenant that asks 20 times as often as another does not double the other's p99", async () => {
  const equal: number[] = [];
  const noisy: number[] = [];
  const noise: NoiseCounts[] = [];
  await listBeside(1);
  for (let round = 0; round < ROUNDS; round++) {
    equal.push((await listBeside(1)).p99);
    const beside = await listBeside(TIMES_AS_OFTEN);
    noisy.push(beside.p99);
    noise.push(beside.noise);
  }
  const rises = noisy.map((p99, round) => p99 / (equal[round] ?? Number.NaN));
  const rounded = (values: readonly number[]) => values.map((value) => Math.round(value * 10) / 10);
  process.stdout.write(
    `p99 beside as many orders ${rounded(equal)} ms, beside 20 times as many ${rounded(noisy)} ms: ` +
      `${medianOf(rises).toFixed(2)} times that. The orders were answered ${JSON.stringify(noise.at(-1))}\n`,
  );
  expect(medianOf(rises)).toBeLessThan(MAX_RISE);
  // It was more than could be served.
  expect(noise.every((counts) => (counts[201] ?? 0) > 0)).toBe(true);
  expect(noise.reduce((sum, counts) => sum + (counts[503] ?? 0), 0)).toBeGreaterThan(0);
}, 180_000);
