import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BATCH_BYTES } from "#origin/resources/products/import/batches.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { type OriginApp, startOriginApp } from "#tests/support/origin-app.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";

/** A part is sent while the connection to Postgres is lost at one message after the other; then again. */

/** One connection, so that messages come in one order. */
const POOL_SIZE = 1;
/** Of a description, in characters. */
const LONGEST = 20_000;
const OTHERS = Math.ceil(BATCH_BYTES / LONGEST);
const NDJSON = { "content-type": "application/x-ndjson" };

let database: OwnDatabase;
let postgres: FaultProxy;
let app: OriginApp;
beforeAll(async () => {
  database = await startOwnDatabase();
  const { hostname, port } = new URL(database.url);
  postgres = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  const variables = { ...stack().originVariables, DATABASE_URL: postgres.through(database.url) };
  app = await startOriginApp(variables, POOL_SIZE);
});
afterAll(async () => {
  await app.stop();
  await postgres.stop();
  await database.drop();
});

/** Two batches: two products that both of them say, and a line that is refused. */
const LINES = [
  { sku: "a", name: "A", category: ["Home"] },
  { sku: "b", name: "B" },
  // Few, and so long that the last of them fills a batch.
  ...Array.from({ length: OTHERS }, (_, i) => ({
    sku: `other-${i}`,
    name: "Another",
    description: "word ".repeat(LONGEST / 5),
  })),
  { sku: "a", name: "A, again", category: ["Home", "Lamps"] },
  { sku: "refused" },
  { sku: "b", name: "B, again" },
  { sku: "c", name: "C" },
];
const COUNTS = { received: OTHERS + 6, created: OTHERS + 3, updated: 2, failed: 1 };

type Place = { readonly from: "client" | "server"; readonly at: "before" | "after" };

async function begin(): Promise<{ tenantId: string; send: Send; path: string }> {
  const tenantId = await database.newTenant();
  const send = originClient(tenantId, app.url);
  const { json } = await send("/v1/imports", { method: "POST", body: {} });
  return { tenantId, send, path: `/v1/imports/${json.id}` };
}

/** @returns whether there was a message to cut at */
async function cutAt({ from, at }: Place, nth: number): Promise<boolean> {
  const { tenantId, send, path } = await begin();
  const body = LINES.map((line) => JSON.stringify(line)).join("\n");
  const sendPart = () => send(`${path}/parts/1`, { method: "POST", headers: NDJSON, body });
  let wasCut = false;
  const when = (_: unknown, count: number) => {
    wasCut ||= count === nth;
    return count === nth;
  };
  await postgres.set({ kind: "cut", from, at, when });
  const first = await sendPart();
  await postgres.set({ kind: "pass" });
  if (first.status !== 200) expect(first.status).toBeGreaterThanOrEqual(500);

  const again = await vi.waitFor(
    async () => {
      const answer = await sendPart();
      expect(answer.status).toBe(200);
      return answer;
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(again.json).toEqual({ number: 1, lines: LINES.length, complete: true, ...COUNTS });
  expect((await send(path)).json).toMatchObject(COUNTS);
  const products = await database.sql`
    select sku, version, name from products where tenant_id = ${tenantId} and sku in ('a', 'b', 'c') order by sku`;
  expect(products).toEqual([
    { sku: "a", version: 2, name: "A, again" },
    { sku: "b", version: 2, name: "B, again" },
    { sku: "c", version: 1, name: "C" },
  ]);
  const errors = await database.sql`select line from import_errors where tenant_id = ${tenantId}`;
  expect(errors).toEqual([{ line: OTHERS + 4 }]);
  return wasCut;
}

const PLACES: readonly Place[] = [
  { from: "client", at: "before" },
  { from: "server", at: "before" },
];

test.each(PLACES)("a part is stored once, whichever message from the $from is cut $at it", async (place) => {
  let messages = 0;
  while (await cutAt(place, messages + 1)) messages++;
  expect(messages).toBeGreaterThan(50);
});
