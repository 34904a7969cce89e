import { afterAll, beforeAll, expect, test } from "vitest";
import { type NoiseCounts, startNoise } from "#tests/support/noise.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { medianOf } from "#tests/support/soak/trend.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/**
 * One tenant orders one product, 20 times as often as another lists its products. Somebody else holds the row that
 * all orders want most of the time, so each holds a connection for long, without work for the processor, and far more
 * come than can be served: what is measured is who gets a connection. Pairs of rounds, without the noise and with it,
 * so that whatever else the machine does falls on both; and rounds beside as many requests that are refused before they
 * ask for a connection, because the noise takes processors too, which are few where this runs. The admission alone is
 * measured in tests/unit/origin/fairness.test.ts.
 */

const ROUNDS = 5;
const ROUND_MS = 4_000;
const QUIET_PER_SECOND = 15;
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

const ORDER = () => ({ currency: "USD", lines: [{ productId: wanted, quantity: 1 }] });

function startOrders(body: object) {
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
    body: JSON.stringify(body),
  });
}

test("a tenant that asks 20 times as often does not double another's p99 by what it asks the database", async () => {
  const alone: number[] = [];
  const besideRefused: number[] = [];
  const beside: number[] = [];
  const noise: NoiseCounts[] = [];
  await listQuietly();
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await listQuietly());
    const refused = startOrders({});
    besideRefused.push(await listQuietly());
    expect(Object.keys(await refused.stop())).toEqual(["400"]);
    const release = startHolding();
    const orders = startOrders(ORDER());
    beside.push(await listQuietly());
    noise.push(await orders.stop());
    await release();
    // What it has left behind is not the next round's.
    await expect
      .poll(async () => (await (await fetch(`${origin.opsUrl}/metrics`)).text()).includes("in_flight 0\n"), {
        timeout: 15_000,
      })
      .toBe(true);
  }
  const rise = medianOf(beside) / medianOf(besideRefused);
  const rounded = (values: readonly number[]) => values.map((value) => Math.round(value * 10) / 10);
  process.stdout.write(
    `p99 alone ${rounded(alone)} ms, beside refused noise ${rounded(besideRefused)} ms, ` +
      `beside the noise ${rounded(beside)} ms: ${rise.toFixed(2)} times that. ` +
      `The noise was answered ${JSON.stringify(noise.at(-1))}\n`,
  );
  expect(rise).toBeLessThan(MAX_RISE);
  // It was more than could be served.
  expect(noise.every((counts) => (counts[201] ?? 0) > 0)).toBe(true);
  expect(noise.reduce((sum, counts) => sum + (counts[503] ?? 0), 0)).toBeGreaterThan(0);
}, 120_000);
