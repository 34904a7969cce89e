import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { doing } from "#origin/db/work.ts";
import { OneEnding } from "#origin/ending.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { stack } from "#tests/support/stack.ts";

/** Several origins, whose pools are wanted whole at the same moment. */
const ORIGINS = 4;
const POOL_SIZE = 10;
const READS_PER_CONNECTION = 8;
const eagerly = { timeout: 30_000, interval: 50 };

let proxy: FaultProxy;
let origins: Connections[];
/** How many connections were being made whenever another was begun, itself included. */
let begun: number[];

beforeEach(async () => {
  begun = [];
  const url = new URL(stack().databaseUrl);
  proxy = await startFaultProxy({
    upstream: { host: url.hostname, port: Number(url.port) },
    accepted: () => begun.push(proxy.opening()),
  });
  origins = Array.from({ length: ORIGINS }, () =>
    connect({ url: proxy.through(url.href), poolSize: POOL_SIZE, applicationName: "storm" }),
  );
});
afterEach(async () => {
  await Promise.all(origins.map((origin) => origin.close(0)));
  await proxy.stop();
});

/** As many operations at once as there are places, each of a tenant of its own. */
function wantAll(): Promise<PromiseSettledResult<unknown>[]> {
  const ask = ({ rows }: Connections, priority: "read" | "list") =>
    doing({ priority, tenantId: randomUUID(), signal: new OneEnding(), remainingMs: () => 5_000 }, () =>
      rows("select pg_sleep(0.2)", []),
    );
  const all = origins.flatMap((origin) => [
    ...Array.from({ length: (POOL_SIZE / 2) * READS_PER_CONNECTION }, () => ask(origin, "read")),
    ...Array.from({ length: POOL_SIZE / 2 }, () => ask(origin, "list")),
  ]);
  return Promise.allSettled(all);
}

const failures = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));

/** Without turns it is nearly all of them; with turns one for each origin, or a few where the machine is slow. */
function expectNoStorm(): void {
  expect(begun).toHaveLength(ORIGINS * POOL_SIZE);
  expect(Math.max(...begun)).toBeLessThan((ORIGINS * POOL_SIZE) / 2);
}

test("origins that start under load do not open their connections all at once", async () => {
  expect(failures(await wantAll())).toEqual([]);
  expectNoStorm();
});

test("origins that lost Postgres together do not come back to it with all connections at once", {
  timeout: 60_000,
}, async () => {
  expect(failures(await wantAll())).toEqual([]);
  await proxy.set({ kind: "refuse" });
  proxy.sever();
  expect(failures(await wantAll())).not.toEqual([]);
  expect(origins.map(({ breaker }) => breaker.state())).not.toContain("closed");
  begun = [];
  await proxy.set({ kind: "pass" });
  await expect.poll(async () => failures(await wantAll()), eagerly).toEqual([]);
  expectNoStorm();
});
