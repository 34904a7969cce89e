import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { startOrigin } from "#origin/start.ts";
import { type OwnOrigin, originClient, signAssertion, startOwnOrigin } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

let running: OwnOrigin | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

async function start(variables: Record<string, string> = {}): Promise<OwnOrigin> {
  running = await startOwnOrigin(variables);
  return running;
}

async function stop(origin: OwnOrigin): Promise<void> {
  running = null;
  await origin.stop();
}

function dial(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

test("/live, /ready and /metrics answer on the ops port, with every dependency and its latency", async () => {
  const { url, opsUrl } = await start();
  expect((await fetch(`${opsUrl}/live`)).status).toBe(200);
  const ready = await fetch(`${opsUrl}/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({
    status: "ready",
    serving: true,
    checks: [
      { name: "database", required: true, ok: true, state: "answers", latency_ms: expect.any(Number) },
      { name: "redis", required: false, ok: true, state: "answers", latency_ms: expect.any(Number) },
      { name: "relay", required: false, ok: true, state: "answers", latency_ms: expect.any(Number) },
    ],
  });
  await originClient((await newTenant()).id, url)("/v1/products");
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  expect(metrics).toContain('gatehouse_origin_requests_total{operation="listProducts",status="200"} 1');
  expect(metrics).toContain('gatehouse_origin_request_duration_seconds_count{operation="listProducts"} 1');
  expect(metrics).toContain("gatehouse_origin_requests_in_flight 0");
  expect(metrics).toContain('gatehouse_database_pool_size{pool="reads"} 5');
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
});

test("/startup says which steps of the start are done", async () => {
  const { opsUrl } = await start();
  const startup = await fetch(`${opsUrl}/startup`);
  expect([startup.status, await startup.json()]).toEqual([
    200,
    {
      status: "started",
      steps: ["migrations", "signing-keys", "listening"].map((name) => ({ name, done: true })),
    },
  ]);
});

test("/ready stays 200 without Redis, which only freshness needs", async () => {
  const { opsUrl } = await start({ UPSTASH_REDIS_REST_URL: "http://127.0.0.1:9" });
  const ready = await fetch(`${opsUrl}/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    checks: [{ ok: true }, { name: "redis", state: "refuses" }, { name: "relay", state: "refuses" }],
  });
});

test("each request is one line with its ids, operation, outcome and latency, and no secret", async () => {
  const origin = await start();
  const send = originClient((await newTenant()).id, origin.url);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await send("/v1/products/no-uuid", { headers: { "x-request-id": "request-0001", traceparent } });
  await stop(origin);
  const lines = origin.lines().filter(({ request_id }) => request_id === "request-0001");
  expect(lines).toEqual([
    expect.objectContaining({
      level: "info",
      stage: "origin",
      request_id: "request-0001",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      operation: "getProduct",
      status: 400,
      outcome: "invalid-request",
      latency_ms: expect.any(Number),
    }),
  ]);
  const all = JSON.stringify(origin.lines());
  for (const secret of Object.values(stack().secrets)) expect(all).not.toContain(secret);
  expect(all).not.toContain("gatehouse-assertion");
});

test("successes that are not sampled leave no line, failures and slow requests do", async () => {
  const told = async (variables: Record<string, string>) => {
    const origin = await start({ LOG_SAMPLE_PERMILLE: "0", ...variables });
    const send = originClient((await newTenant()).id, origin.url);
    await send("/v1/products");
    await send("/v1/products/no-uuid");
    await stop(origin);
    const lines = origin.lines().filter(({ stage }) => stage === "origin");
    return lines.map(({ level, operation, status, msg }) => [level, operation, status, msg]);
  };
  expect(await told({ LOG_SLOW_MS: "300000" })).toEqual([["info", "getProduct", 400, "request"]]);
  // Nothing that asks Postgres takes less.
  expect(await told({ LOG_SLOW_MS: "1" })).toContainEqual(["warn", "listProducts", 200, "slow request"]);
});

test("what nobody expected is answered 500 without a word of the inside, and logged under the request id", async () => {
  const origin = await start();
  const { id } = await newTenant();
  const send = originClient(id, origin.url);
  const broken = `broken_${id.replaceAll("-", "")}`;
  await owner().unsafe(`
    create function ${broken}() returns trigger language plpgsql as
      $$ begin raise exception 'unexpected' using errcode = 'XX000', constraint = '${broken}'; end $$;
    create trigger ${broken} before insert on products for each row
      when (new.tenant_id = '${id}' and new.name = 'secret-name') execute function ${broken}()`);
  try {
    const body = { sku: "x", name: "secret-name" };
    const { status, json } = await send("/v1/products", {
      method: "POST",
      body,
      headers: { "x-request-id": "request-0500" },
    });
    expect([status, json]).toEqual([
      500,
      {
        type: "/problems/internal",
        title: "Something went wrong on our side",
        status: 500,
        code: "internal",
        requestId: "request-0500",
      },
    ]);
  } finally {
    await owner().unsafe(`drop function ${broken} cascade`);
  }
  await stop(origin);
  const failure = origin.lines().find(({ msg }) => msg === "request failed");
  expect(failure).toMatchObject({ request_id: "request-0500", err: { code: "XX000", constraint: broken } });
  expect(JSON.stringify(failure)).not.toContain("secret-name");
});

test("a stop finishes what runs, ends idle and half-open connections, and takes no new ones", async () => {
  const origin = await start();
  const { id } = await newTenant();
  const silent = dial(origin.url);
  const half = dial(origin.url);
  half.write("GET /v1/products HTTP/1.1\r\nhost: x\r\n");
  await originClient(id, origin.url)("/v1/products");

  // A body that is still being sent is a running request.
  let finish: (() => void) | null = null;
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"sku":"late","name":"x"}\n'));
      finish = () => controller.close();
    },
  });
  const headers = { "content-type": "application/x-ndjson" };
  const request = originClient(id, origin.url)("/v1/products/import", { method: "POST", body, headers });
  await new Promise((resolve) => setTimeout(resolve, 100));

  const closed = Promise.all([silent, half].map((socket) => once(socket.resume(), "close")));
  const stopped = stop(origin);
  await closed;
  await expect(fetch(`${origin.url}/v1/products`)).rejects.toThrow();
  expect((await fetch(`${origin.opsUrl}/ready`)).status).toBe(503);
  (finish as (() => void) | null)?.();
  expect((await request).json).toMatchObject({ created: 1 });
  await stopped;
  await expect(fetch(`${origin.opsUrl}/live`)).rejects.toThrow();
});

test("a client that leaves in the middle of an import stops it, and what was stored stays", async () => {
  const origin = await start();
  const { id } = await newTenant();
  const lines = Array.from({ length: 300 }, (_, n) => JSON.stringify({ sku: `s${n}`, name: "x" })).join("\n");
  const socket = dial(origin.url);
  const assertion = signAssertion({
    target: "POST /v1/products/import",
    tenantId: id,
    scopes: ["catalog:write"],
  });
  const head = [
    "POST /v1/products/import HTTP/1.1",
    "host: x",
    "content-type: application/x-ndjson",
    "content-length: 1000000",
    `gatehouse-assertion: ${assertion}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${lines}`);
  const send = originClient(id, origin.url);
  await expect.poll(async () => (await send("/v1/products")).json.data.length, { timeout: 10_000 }).toBe(20);
  socket.destroy();
  await expect.poll(() => origin.lines().some(({ outcome }) => outcome === "aborted")).toBe(true);
  const [row] = await owner()`select count(*)::int as n from products where tenant_id = ${id}`;
  expect(row?.["n"]).toBe(250);
});

test.each([
  [
    "a role that bypasses row-level security",
    () => ({ DATABASE_URL: stack().ownerUrl }),
    "bypasses row-level security",
  ],
  [
    "a key secret that is not the stored key's",
    () => ({ KEY_ENCRYPTION_SECRET: "development-another-secret-0123456789" }),
    "KEY_ENCRYPTION_SECRET does not have the one",
  ],
  ["a missing variable", () => ({ CURSOR_SECRET: "" }), "CURSOR_SECRET is missing"],
  ["a malformed one", () => ({ DATABASE_POOL_SIZE: "many" }), "DATABASE_POOL_SIZE must be an integer"],
  ["development secrets in production", () => ({ ENVIRONMENT: "production" }), "is a development secret"],
  [
    "a development key in production",
    () => ({ ENVIRONMENT: "production" }),
    "DEVELOPMENT_PUBLIC_KEY is for development",
  ],
  [
    "a private key to publish",
    () => ({ DEVELOPMENT_PUBLIC_KEY: JSON.stringify(stack().key.privateJwk) }),
    "DEVELOPMENT_PUBLIC_KEY must be a public ES256 key",
  ],
])("the start is refused for %s, in words that name it", async (_what, variables, message) => {
  await expect(startOrigin({ ...stack().originVariables, ...variables() })).rejects.toThrow(message);
});

test("the start is refused for a login that nobody has granted gatehouse_app, and not as if migrations were missing", async () => {
  const name = `stranger_${randomUUID().slice(0, 8)}`;
  await owner().unsafe(`create role ${name} login password 'stranger'`);
  const login = Object.assign(new URL(stack().databaseUrl), { username: name, password: "stranger" });
  try {
    await expect(startOrigin({ ...stack().originVariables, DATABASE_URL: login.href })).rejects.toThrow(
      "GRANT gatehouse_app",
    );
  } finally {
    await owner().unsafe(`drop role ${name}`);
  }
});

test("the start is refused while migrations are missing", async () => {
  await owner()`create database unmigrated`;
  const login = new URL(stack().databaseUrl);
  login.pathname = "/unmigrated";
  try {
    await expect(startOrigin({ ...stack().originVariables, DATABASE_URL: login.href })).rejects.toThrow(
      "npm run migrate",
    );
  } finally {
    await owner()`drop database unmigrated with (force)`;
  }
});
