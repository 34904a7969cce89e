import { expect, test } from "vitest";
import type { Startup } from "#origin/health.ts";
import { startOrigin } from "#origin/start.ts";
import { freePort } from "#scripts/local/ports.ts";
import { startFaultProxy } from "#tests/support/fault-proxy.ts";
import { stack } from "#tests/support/stack.ts";

const away = [
  ["refuses connections", { kind: "refuse" }],
  ["accepts them and never answers", { kind: "blackhole" }],
] as const;

test.each(away)(
  "an origin that starts while Postgres %s says so on /startup, and goes on by itself once it is back",
  {
    timeout: 60_000,
  },
  async (_how, fault) => {
    const database = new URL(stack().databaseUrl);
    const proxy = await startFaultProxy({
      upstream: { host: database.hostname, port: Number(database.port) },
    });
    await proxy.set(fault);
    const opsPort = String(await freePort());
    const lines: string[] = [];
    const starting = startOrigin(
      {
        ...stack().originVariables,
        DATABASE_URL: proxy.through(database.href),
        OPS_PORT: opsPort,
        LOG_LEVEL: "warn",
      },
      { logTo: { write: (line: string) => lines.push(line) } },
    );
    const startup = async () => {
      const answer = await fetch(`http://127.0.0.1:${opsPort}/startup`);
      const { steps } = (await answer.json()) as Startup;
      return [answer.status, steps.filter(({ done }) => done).length];
    };
    try {
      const waits = () => lines.filter((line) => line.includes("the start waits for it")).length;
      await expect.poll(waits, { timeout: 30_000 }).toBeGreaterThan(0);
      expect(await startup()).toEqual([503, 0]);
      await proxy.set({ kind: "pass" });
      const origin = await starting;
      expect(await startup()).toEqual([200, 3]);
      await origin.stop();
    } finally {
      await proxy.stop();
    }
  },
);
