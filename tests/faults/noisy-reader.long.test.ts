import { setPriority } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { headers as names } from "#shared/headers.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { shopOf } from "#tests/support/shop.ts";
import { medianOf } from "#tests/support/soak/trend.ts";
import { newTenant, stack } from "#tests/support/stack.ts";
import { get } from "../../bench/contestant.ts";
import type { FromGenerator, Job, Result } from "../../bench/load/job.ts";
import { receive, start } from "../../bench/process.ts";

/**
 * One tenant reads as fast as it is answered, over 1,200 connections: far more than one process can serve. Another reads
 * a little. Both read in the same time, on the same machine, so what else that does falls on both.
 */

const ROUNDS = 3;
const SECONDS = 6;
/** The origin has to find out first that it is busy. */
const WARM_UP_SECONDS = 3;
const QUIET_PER_SECOND = 25;
const NOISY_CONNECTIONS = 1_200;
/** The noise is to leave processors to what is measured. */
const NICE = 10;

let origin: OriginProcess;
let quiet: readonly string[];
let noisy: readonly string[];

beforeAll(async () => {
  origin = await startOriginProcess(stack().originVariables);
  quiet = await readsOf((await newTenant()).id);
  noisy = await readsOf((await newTenant()).id);
});
afterAll(async () => {
  origin.kill();
  await origin.ended;
});

/** Requests of a tenant, good for as long as the test takes. */
async function readsOf(tenantId: string): Promise<readonly string[]> {
  const shop = shopOf(tenantId, origin.url);
  const ids = await Promise.all(Array.from({ length: 20 }, () => shop.newProduct(0)));
  const exp = Math.floor(Date.now() / 1000) + 300;
  const identity = { tenantId, subject: "reader", clientId: "reader", scopes: ["catalog:read"] };
  return ids.map((id) => {
    const target = `/v1/products/${id}`;
    return get(target, { [names.assertion]: signAssertion({ target: `GET ${target}`, exp, ...identity }) });
  });
}

async function load(job: Pick<Job, "requests" | "connections" | "rate">, nice: number): Promise<Result> {
  const child = start("./load/generate.ts", []);
  setPriority(child.pid ?? 0, nice);
  child.send({ port: Number(new URL(origin.url).port), warmUp: WARM_UP_SECONDS, seconds: SECONDS, ...job });
  try {
    return await receive(child, (message: FromGenerator) =>
      message.kind === "measured" ? message.result : null,
    );
  } finally {
    child.kill();
  }
}

test("a tenant that reads more than can be served waits for that itself: another's p99 is not half of its median", async () => {
  const parts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [little, much] = await Promise.all([
      load({ requests: quiet, connections: 50, rate: QUIET_PER_SECOND }, 0),
      load({ requests: noisy, connections: NOISY_CONNECTIONS, rate: null }, NICE),
    ]);
    process.stdout.write(
      `${little.requestsPerSecond.toFixed(0)} reads/s with a p99 of ${little.p99.toFixed(1)} ms beside ` +
        `${much.requestsPerSecond.toFixed(0)} reads/s with a p50 of ${much.p50.toFixed(1)} ms\n`,
    );
    expect(little.failures).toBe(0);
    parts.push(little.p99 / much.p50);
  }
  expect(medianOf(parts)).toBeLessThan(0.5);
});
