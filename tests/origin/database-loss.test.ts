import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { type OwnOrigin, originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

let proxy: FaultProxy;
let origin: OwnOrigin;

beforeAll(async () => {
  const url = new URL(stack().databaseUrl);
  proxy = await startFaultProxy({ upstream: { host: url.hostname, port: Number(url.port) } });
  origin = await startOwnOrigin({ DATABASE_URL: proxy.through(url.href) });
});
afterAll(async () => {
  await origin.stop();
  await proxy.stop();
});

test("a lost database is answered 503 with Retry-After and shows in /ready; it is found again by itself", async () => {
  const send = originClient((await newTenant()).id, origin.url);
  expect((await send("/v1/products")).status).toBe(200);

  await proxy.set({ kind: "refuse" });
  proxy.sever();
  const body = { sku: randomUUID(), name: "x" };
  for (const request of [send("/v1/products"), send("/v1/products", { method: "POST", body })]) {
    const { status, headers, json } = await request;
    expect([status, json.code]).toEqual([503, "unavailable"]);
    expect(headers.get("retry-after")).toMatch(/^\d+$/);
  }
  expect((await fetch(`${origin.opsUrl}/ready`)).status).toBe(503);
  expect((await fetch(`${origin.opsUrl}/live`)).status).toBe(200);

  await proxy.set({ kind: "pass" });
  await expect.poll(async () => (await send("/v1/products")).status, { timeout: 5_000 }).toBe(200);
  expect((await send("/v1/products", { method: "POST", body })).status).toBe(201);
});

test("connections that a network has forgotten without a word are replaced: probes, writes and reads go on within seconds", {
  timeout: 60_000,
}, async () => {
  const send = originClient((await newTenant()).id, origin.url);
  const claims = { budgetMs: 500 };
  const write = async () =>
    (await send("/v1/products", { method: "POST", body: { sku: randomUUID(), name: "x" }, claims })).status;
  const read = async () => (await send(`/v1/products/${randomUUID()}`, { claims })).status;
  const ready = async () => (await fetch(`${origin.opsUrl}/ready`)).status;
  const patience = { timeout: 20_000, interval: 50 };
  await expect.poll(write, patience).toBe(201);
  expect([await read(), await ready()]).toEqual([404, 200]);

  proxy.forget();
  await expect.poll(write, patience).toBe(201);
  await expect.poll(read, patience).toBe(404);
  await expect.poll(ready, patience).toBe(200);
});

test("a database that accepts and says nothing is named by /ready within its patience, and opens the circuit: requests are refused at once until it is back", {
  timeout: 60_000,
}, async () => {
  const send = originClient((await newTenant()).id, origin.url);
  const claims = { budgetMs: 400 };
  const read = () => send(`/v1/products/${randomUUID()}`, { claims });
  await expect.poll(async () => (await read()).status, { timeout: 20_000 }).toBe(404);
  await proxy.set({ kind: "blackhole" });
  proxy.forget();

  const ready = await fetch(`${origin.opsUrl}/ready`);
  expect(ready.status).toBe(503);
  const { checks } = (await ready.json()) as { readonly checks: readonly Record<string, unknown>[] };
  expect(checks).toContainEqual(expect.objectContaining({ name: "database", ok: false, state: "silent" }));

  // Each that was lost says so when its budget has passed; then nobody waits for that any more.
  await expect
    .poll(async () => (await read()).json.code, { timeout: 30_000, interval: 20 })
    .toBe("unavailable");
  const metrics = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  expect(metrics).toMatch(/gatehouse_circuit_state\{dependency="database",state="(open|half-open)"\} 1/);
  expect(metrics).toContain('gatehouse_circuit_state{dependency="redis",state="closed"} 1');

  await proxy.set({ kind: "pass" });
  await expect.poll(async () => (await read()).status, { timeout: 20_000 }).toBe(404);
});
