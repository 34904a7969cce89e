import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { freePort } from "#scripts/local/ports.ts";
import { startFaultProxy } from "#tests/support/fault-proxy.ts";
import { originClient } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

/** Processes are started here, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000 });

let running: OriginProcess | null = null;
afterEach(async () => {
  running?.kill();
  await running?.ended;
  running = null;
});

async function start(variables: Readonly<Record<string, string>>): Promise<OriginProcess> {
  running = await startOriginProcess({ ...stack().originVariables, ...variables });
  return running;
}

/** A body that is still being sent is a running request. */
function openImport(send: ReturnType<typeof originClient>) {
  const { promise: isFinished, resolve: finish } = Promise.withResolvers<void>();
  const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"sku":"late","name":"x"}\n'));
    },
    // Asked for again: the first line is on its way.
    async pull(controller) {
      begin();
      await isFinished;
      controller.close();
    },
  });
  const headers = { "content-type": "application/x-ndjson" };
  const claims = { budgetMs: 60_000 };
  const answer = send("/v1/products/import", { method: "POST", body, headers, claims });
  return { answer, finish, isBegun };
}

test("SIGTERM turns readiness off at once, while requests are served until load balancers have seen it", async () => {
  const origin = await start({ SHUTDOWN_DELAY_SECONDS: "2" });
  const { id } = await newTenant();
  const send = originClient(id, origin.url);
  expect((await send("/v1/products")).headers.get("connection")).toBe("keep-alive");

  const upload = openImport(send);
  await upload.isBegun;
  process.kill(origin.pid, "SIGTERM");
  await expect
    .poll(async () => (await fetch(`${origin.opsUrl}/ready`)).status, { interval: 10, timeout: 30_000 })
    .toBe(503);
  expect((await fetch(`${origin.opsUrl}/live`)).status).toBe(200);
  const during = await send("/v1/products");
  expect([during.status, during.headers.get("connection")]).toEqual([200, "close"]);

  const refused = () =>
    send("/v1/products").then(
      () => false,
      () => true,
    );
  await expect.poll(refused, { timeout: 10_000 }).toBe(true);
  upload.finish();
  expect((await upload.answer).json).toMatchObject({ created: 1 });
  expect([await origin.ended, origin.errors()]).toEqual([0, ""]);
});

test("a stop whose grace passes ends the process as failed, in a line that counts what was cut off", async () => {
  const origin = await start({ SHUTDOWN_GRACE_SECONDS: "5" });
  const { id } = await newTenant();
  const upload = openImport(originClient(id, origin.url));
  const cut = expect(upload.answer).rejects.toThrow();
  await upload.isBegun;
  const metrics = async () => (await fetch(`${origin.opsUrl}/metrics`)).text();
  await expect.poll(metrics, { timeout: 30_000 }).toContain("in_flight 1\n");
  process.kill(origin.pid, "SIGTERM");
  await cut;
  expect(await origin.ended).toBe(1);
  expect(origin.errors()).toBe(
    "Requests that the stop cut off, since they did not end within its grace: 1.\n",
  );
  upload.finish();
});

test("an origin that waits for Postgres is alive, says what it waits for, and ends at once on SIGTERM", async () => {
  const { hostname, port } = new URL(stack().databaseUrl);
  const proxy = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  await proxy.set({ kind: "blackhole" });
  const opsPort = await freePort();
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const env = { ...stack().originVariables, DATABASE_URL: proxy.through(stack().databaseUrl) };
  const child: ChildProcess = spawn(process.execPath, ["origin/server.ts"], {
    env: { ...process.env, ...env, OPS_PORT: String(opsPort) },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  try {
    const live = async () => (await fetch(`${opsUrl}/live`).catch(() => null))?.status;
    await expect.poll(live, { timeout: 60_000 }).toBe(200);
    const startup = await fetch(`${opsUrl}/startup`);
    expect([startup.status, await startup.json()]).toMatchObject([
      503,
      { status: "starting", steps: [{ name: "migrations", done: false }, { done: false }, { done: false }] },
    ]);
    expect((await fetch(`${opsUrl}/ready`)).status).toBe(503);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    await proxy.stop();
  }
});
