import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { freePort } from "#scripts/local/ports.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { mintToken, newTenant, owner, stack } from "#tests/support/stack.ts";

/** Two origins behind one edge, each replaced in its turn, as a deploy does it. */

const CLIENTS = 6;

let edge: RunningEdge;
let ports: readonly number[];
const origins: OriginProcess[] = [];

const start = (port: number) =>
  startOriginProcess({ ...stack().originVariables, PORT: String(port), SHUTDOWN_DELAY_SECONDS: "1" });

beforeAll(async () => {
  const bundle = bundleEdge();
  ports = [await freePort(), await freePort()];
  for (const port of ports) origins.push(await start(port));
  edge = await startEdge(await bundle, {
    variables: {
      ...stack().edgeVariables,
      ORIGIN_URLS: ports.map((port) => `http://127.0.0.1:${port}`).join(","),
    },
    shieldLimit: 1_000_000,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  for (const origin of origins) origin.kill();
  await Promise.all(origins.map(({ ended }) => ended));
});

type Outcome = { readonly what: string; readonly status: number; readonly body: string };

/** Writes with keys, and reads that the edge has to ask an origin for. */
function startClients(token: string) {
  const outcomes: Outcome[] = [];
  let stopping = false;

  async function send(what: string, path: string, init: RequestInit = {}): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const outcome = await fetch(edge.url + path, { ...init, headers }).then(
      async (answer) => ({ what, status: answer.status, body: await answer.text() }),
      (error: unknown) => ({ what, status: 0, body: String(error) }),
    );
    outcomes.push(outcome);
  }

  async function client(): Promise<void> {
    while (!stopping) {
      await send("write", "/v1/products", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
        body: JSON.stringify({ sku: randomUUID(), name: "A lamp" }),
      });
      await send("list", `/v1/products?pageSize=${1 + Math.floor(Math.random() * 100)}`);
      await send("own", "/v1/orders?pageSize=1");
    }
  }

  const ended = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    outcomes,
    async stop() {
      stopping = true;
      await ended;
    },
  };
}

test("a rolling restart of two origins under load fails no request: no keyed write and no read", async () => {
  const { id: tenantId } = await newTenant();
  const scopes = ["catalog:read", "catalog:write", "orders:read"];
  const clients = startClients(await mintToken({ tenantId, scopes }));
  const wrote = () =>
    clients.outcomes.filter(({ what, status }) => what === "write" && status === 201).length;
  const moreWrites = async () => {
    const before = wrote();
    await expect.poll(wrote, { timeout: 30_000 }).toBeGreaterThan(before + 20);
  };

  await moreWrites();
  for (const [index, port] of ports.entries()) {
    const old = origins[index];
    if (old === undefined) throw new Error("there is no such origin");
    process.kill(old.pid, "SIGTERM");
    expect(await old.ended).toBe(0);
    await moreWrites();
    origins[index] = await start(port);
    await moreWrites();
  }
  await clients.stop();

  expect(clients.outcomes.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  const [row] = await owner()`select count(*)::int as n from products where tenant_id = ${tenantId}`;
  expect(row?.["n"]).toBe(wrote());
}, 120_000);
