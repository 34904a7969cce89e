import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { mintToken } from "#scripts/local/development-key.ts";
import { freePort } from "#scripts/local/ports.ts";
import { type RunningStack, startStack } from "#scripts/local/stack.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { Command } from "#tests/support/command.ts";

/** `npm run post-deploy` against a running system, whose products it reads, with a real Prometheus where there is one. */

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;
const PATIENTLY = { timeout: 90_000 };

let folder: string;
let prometheus: { readonly url: string; readonly child: ChildProcess } | null = null;
let failing: Server;
/** Of its own: others make the shared one fail. */
let running: RunningStack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-prometheus-"));
  failing = createServer((_, response) => response.writeHead(500).end()).listen(0, "127.0.0.1");
  await once(failing, "listening");
  if (!hasPrometheus) return;
  running = await startStack();
  prometheus = await startPrometheus(running.stack.opsUrl);
});
afterAll(async () => {
  failing.close();
  if (prometheus !== null) {
    const ended = once(prometheus.child, "exit");
    prometheus.child.kill();
    await ended;
    await running.stop();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function startPrometheus(opsUrl: string) {
  const config = join(folder, "prometheus.yaml");
  const target = new URL(opsUrl).host;
  const job = { job_name: "gatehouse-origin", static_configs: [{ targets: [target] }] };
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs: [job] }));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--web.listen-address=${address}`,
    `--storage.tsdb.path=${folder}/data`,
  ];
  const child = spawn("prometheus", args, { stdio: "ignore" });
  const scraped = async () => {
    const query = `http://${address}/api/v1/query?query=count_over_time(gatehouse_origin_requests_in_flight[1m])`;
    const answer = await (await fetch(query)).text();
    expect(answer).toMatch(/"value":\[[\d.]+,"(?:[3-9]|\d\d)"\]/);
  };
  await vi.waitFor(scraped, { timeout: 50_000, interval: 200 });
  return { url: `http://${address}`, child };
}

async function tokenFor({ stack: { ownerUrl, issuer, key } }: RunningStack): Promise<string> {
  const tenantId = randomUUID();
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  await ensureTenants(sql, [{ id: tenantId, slug: "deployed", name: "Deployed" }]);
  await sql.end();
  const scopes = ["catalog:read", "catalog:write"];
  const request = { issuer, audience: TOKEN_AUDIENCE, tenantId, scopes, subject: "s", clientId: "c" };
  return mintToken(key, { ...request, lifetimeSeconds: 3_600 }, Date.now());
}

function postDeploy(url: string, variables: Readonly<Record<string, string>>, ...args: string[]) {
  return new Command("scripts/post-deploy.ts", args, { EDGE_URL: url, ...variables }).finished();
}

test.skipIf(!hasPrometheus)(
  "asks a real Prometheus what it understands, waits for its minute, and finds a system well",
  PATIENTLY,
  async () => {
    const { stack } = running;
    const variables = { SMOKE_TOKEN: await tokenFor(running), PROMETHEUS_URL: prometheus?.url ?? "" };
    const since = new Date();
    const args = ["--since", since.toISOString(), "--at", "0.05", "--ops", stack.opsUrl];
    const { code, stdout, stderr } = await postDeploy(stack.edgeUrl, variables, ...args);
    // Whether all of it is well is the machine's affair, too.
    expect([code, stderr], stdout).toEqual([/^BAD/m.test(stdout) ? 1 : 0, ""]);
    expect(Date.now() - since.getTime()).toBeGreaterThanOrEqual(3_000);
    expect(stdout).toMatch(/^0\.05 minutes after .*:\nSTATE +WHAT +BEFORE +NOW +BOUND/m);
    expect(stdout).toMatch(/^ok +the cache's hits +- +(?:9\d|100)\.\d%/m);
    expect(stdout).toMatch(/^ok +requests at the origin +\d+ a minute +[1-9]\d* a minute/m);
    expect(stdout).toMatch(/^(?:ok|BAD) +relay +- +\d+ wait, the oldest/m);
    expect(stdout).toMatch(/^unknown +versions, configuration, migrations/m);
  },
);

test("ends with 1 at the first look that finds something, and says what to do", PATIENTLY, async () => {
  const { port } = failing.address() as AddressInfo;
  const args = ["--since", new Date().toISOString(), "--at", "0,600"];
  const { code, stdout } = await postDeploy(`http://127.0.0.1:${port}`, {}, ...args);
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(/^BAD +the edge's errors +- +100\.0% .*docs\/runbooks\/availability\.md$/m);
  expect(stdout).toContain("npm run rollback");
});

test(
  "waits for the quota of callers without a token when it is used up: its refusals are no fault",
  PATIENTLY,
  async () => {
    let isFirst = true;
    const throttling = createServer((_, response) => {
      response.writeHead(isFirst ? 429 : 500, { "retry-after": "1" }).end();
      isFirst = false;
    }).listen(0, "127.0.0.1");
    await once(throttling, "listening");
    const { port } = throttling.address() as AddressInfo;
    const { stdout } = await postDeploy(
      `http://127.0.0.1:${port}`,
      {},
      "--since",
      new Date().toISOString(),
      "--at",
      "0",
    );
    throttling.close();
    expect(stdout).toMatch(
      /^The quota of callers without a token is used up here \(429\): looking in 1 s\.$/m,
    );
    expect(stdout).not.toMatch(/answered 429/);
  },
);

test.each([
  [["--at", "15"], "say --env or --since"],
  [["--env", "moon"], '"moon" is no environment'],
  [["--since", "today"], "today is no time"],
  [["--since", "2026-11-21T20:00:00Z", "--at", "soon"], "--at takes minutes"],
])("says what it needs to know when it is told %j", async (args, said) => {
  const { code, stderr } = await postDeploy("http://127.0.0.1:9", {}, ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
});
