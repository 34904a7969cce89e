import { afterAll, beforeAll, expect, test } from "vitest";
import { headers as names } from "#shared/headers.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { shopOf } from "#tests/support/shop.ts";
import { medianOf } from "#tests/support/soak/trend.ts";
import { newTenant, stack } from "#tests/support/stack.ts";
import { get } from "../../bench/contestant.ts";
import { Connection } from "../../bench/load/connection.ts";

/**
 * What a tenant that floods an origin costs another, as a number of requests and not of milliseconds, which a busy
 * machine makes more of. In the order in which they came, all that are under way would be answered first.
 */

const NOISY_CONNECTIONS = 200;
const PROBES = 40;
/** Four have begun when it comes, and about as many end while its own waits for the database. */
const MOST_IN_FRONT = NOISY_CONNECTIONS / 4;

let origin: OriginProcess;
let quiet: Buffer;
let noisy: Buffer;

beforeAll(async () => {
  origin = await startOriginProcess(stack().originVariables);
  [quiet, noisy] = await Promise.all([readOf((await newTenant()).id), readOf((await newTenant()).id)]);
});
afterAll(async () => {
  origin.kill();
  await origin.ended;
});

/** A read of a product of a tenant's, good for as long as the test takes. */
async function readOf(tenantId: string): Promise<Buffer> {
  const target = `/v1/products/${await shopOf(tenantId, origin.url).newProduct(0)}`;
  const exp = Math.floor(Date.now() / 1000) + 300;
  const identity = { tenantId, subject: "reader", clientId: "reader", scopes: ["catalog:read"] };
  const assertion = signAssertion({ target: `GET ${target}`, exp, ...identity });
  return Buffer.from(get(target, { [names.assertion]: assertion }), "latin1");
}

async function connect(): Promise<Connection> {
  const connection = new Connection(Number(new URL(origin.url).port));
  await connection.opened;
  return connection;
}

/** One after the other on each connection, as fast as they are answered. */
async function startFlood() {
  const connections = await Promise.all(Array.from({ length: NOISY_CONNECTIONS }, connect));
  const flood = { answered: 0, stop: () => connections.forEach((connection) => void connection.close()) };
  function drive(connection: Connection): void {
    connection.send(noisy, () => {
      flood.answered++;
      if (!connection.lost) drive(connection);
    });
  }
  connections.forEach(drive);
  return flood;
}

test("a tenant's read stands behind a few of another's 200, not behind all of them", async () => {
  const [connection, flood] = [await connect(), await startFlood()];
  const read = () => new Promise<number>((resolve) => connection.send(quiet, resolve));
  const inFront: number[] = [];
  // The origin has to find out first that it is busy.
  await expect.poll(() => flood.answered, { timeout: 30_000 }).toBeGreaterThan(20 * NOISY_CONNECTIONS);
  for (let probe = 0; probe < PROBES; probe++) {
    const before = flood.answered;
    expect(await read()).toBe(200);
    inFront.push(flood.answered - before);
  }
  flood.stop();
  connection.close();
  expect(medianOf(inFront), String(inFront)).toBeLessThan(MOST_IN_FRONT);
}, 60_000);
