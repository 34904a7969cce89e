import { afterAll, beforeAll, expect, test } from "vitest";
import { originClient, signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type SlowClients, startSlowClients } from "#tests/support/slow-clients.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

/** Slowloris and its kin against an origin process, with the limits that it has in production. */

/** Of socket-limits.ts, and what a busy machine takes beside. */
const HEADERS_MS = 10_000;
const BUDGET_MS = 5_000;
/** Node notices that nothing is written at the second look, if something was until shortly before the first. */
const STALL_MS = 2 * 30_000;
const MARGIN_MS = 20_000;

let origin: OriginProcess;
let tenantId: string;
const groups: SlowClients[] = [];

beforeAll(async () => {
  origin = await startOriginProcess(stack().originVariables);
  tenantId = (await newTenant()).id;
});
afterAll(async () => {
  for (const group of groups) group.stop();
  origin.kill();
  await origin.ended;
});

async function slow(options: Parameters<typeof startSlowClients>[1], url = origin.url) {
  const group = await startSlowClients(url, options);
  groups.push(group);
  return group;
}

function head(line: string, ...fields: string[]): string {
  return [`${line} HTTP/1.1`, "host: x", ...fields].map((field) => `${field}\r\n`).join("");
}

function signed(target: string): string {
  return `gatehouse-assertion: ${signAssertion({ target, tenantId, scopes: ["catalog:write"], budgetMs: BUDGET_MS })}`;
}

async function measure(): Promise<{ readonly residentMegabytes: number; readonly active: number }> {
  const metrics = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  const [, resident] = /^process_resident_memory_bytes (\S+)$/m.exec(metrics) ?? [];
  const [, active] = /^gatehouse_origin_connections\{state="active"\} (\d+)$/m.exec(metrics) ?? [];
  return {
    residentMegabytes: Number(resident) / 2 ** 20,
    active: Number(active),
  };
}

test("1,000 clients that are slow with headers, bodies and reading keep nobody else waiting, and are sent away", async () => {
  const send = originClient(tenantId, origin.url);
  await send("/v1/products");
  const before = await measure();

  const openapi = `${head("GET /openapi.json", `gatehouse-assertion: ${signAssertion({ target: "GET /openapi.json" })}`)}\r\n`;
  const create = head("POST /v1/products", "content-type: application/json", "content-length: 1000");
  const [headers, silent, bodies, strangers] = await Promise.all([
    slow({ count: 392, first: head("GET /v1/products"), drop: "a: b\r\n", reads: true }),
    slow({ count: 50, first: "", reads: true }),
    slow({ count: 300, first: `${create}${signed("POST /v1/products")}\r\n\r\n{`, drop: " ", reads: true }),
    slow({ count: 250, first: `${create}\r\n{`, drop: " ", reads: true }),
    // Ten answers of half a megabyte each: more than the kernels of both sides take. Few clients do, for Node
    // works on all requests that come in one packet at once, and holds every answer.
    slow({ count: 8, first: openapi.repeat(10), reads: false }),
  ]);
  const startedAt = performance.now();
  let peak = before;
  let served = 0;
  let now = await measure();
  // Whoever does not read does not learn of the end either: the server counts.
  expect(now.active).toBeGreaterThanOrEqual(8);
  while (now.active > 0 || [headers, silent, bodies, strangers].some((group) => group.open() > 0)) {
    const { status } = await send("/v1/products");
    expect(status).toBe(200);
    expect((await fetch(`${origin.opsUrl}/live`)).status).toBe(200);
    now = await measure();
    if (now.residentMegabytes > peak.residentMegabytes) peak = now;
    served++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await headers.closed).toBeLessThan(HEADERS_MS + MARGIN_MS);
  expect(await silent.closed).toBeLessThan(HEADERS_MS + MARGIN_MS);
  expect(await bodies.closed).toBeLessThan(BUDGET_MS + MARGIN_MS);
  expect(await strangers.closed).toBeLessThan(BUDGET_MS + MARGIN_MS);
  expect(performance.now() - startedAt).toBeLessThan(STALL_MS + MARGIN_MS);
  expect(served).toBeGreaterThan(20);
  expect(peak.residentMegabytes - before.residentMegabytes).toBeLessThan(250);
}, 110_000);

test("slow clients of the ops port keep no probe waiting, and are sent away sooner", async () => {
  const group = await slow(
    { count: 300, first: head("GET /live"), drop: "a: b\r\n", reads: true },
    origin.opsUrl,
  );
  while (group.open() > 0) {
    expect((await fetch(`${origin.opsUrl}/ready`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await group.closed).toBeLessThan(5_000 + MARGIN_MS);
}, 60_000);
