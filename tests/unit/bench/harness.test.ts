import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkAnswer } from "../../../bench/check.ts";
import { cpuSeconds } from "../../../bench/cpu.ts";
import type { FromGenerator, Job, Result } from "../../../bench/load/job.ts";
import { quantile, spreadOf } from "../../../bench/report/statistics.ts";

const REQUEST = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
const GENERATOR = fileURLToPath(new URL("../../../bench/load/generate.ts", import.meta.url));

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function generate(job: Pick<Job, "port" | "rate" | "connections">): Promise<Result> {
  const child = fork(GENERATOR);
  onTestFinished(() => void child.kill());
  child.send({ ...job, requests: [REQUEST], warmUp: 0, seconds: 1 });
  for (;;) {
    const [message]: FromGenerator[] = await once(child, "message");
    if (message?.kind === "measured") return message.result;
  }
}

test("a stall of the server counts for every request that was due meanwhile", async () => {
  let stalledUntil = 0;
  const port = await serve((_request, response) => {
    if (stalledUntil === 0) stalledUntil = Date.now() + 400;
    const wait = stalledUntil - Date.now();
    if (wait > 0) setTimeout(() => response.end("ok"), wait);
    else response.end("ok");
  });
  const { p99, requests } = await generate({ port, rate: 100, connections: 1 });
  // One request met the stall; a generator that waits for it would report a p99 without it.
  expect(p99).toBeGreaterThan(350);
  expect(requests).toBeGreaterThan(60);
});

test("a connection that the server closed while nobody used it is no failed request", async () => {
  const port = await serve((request, response) => {
    response.on("finish", () => setTimeout(() => request.socket.destroy(), 20));
    response.end("ok");
  });
  const { requests, failures } = await generate({ port, rate: 10, connections: 2 });
  expect(requests).toBeGreaterThan(5);
  expect(failures).toBe(0);
});

test("at saturation every connection has one request under way", async () => {
  let underWay = 0;
  let most = 0;
  const port = await serve((_request, response) => {
    most = Math.max(most, ++underWay);
    setTimeout(() => {
      underWay--;
      response.end("ok");
    }, 10);
  });
  const { requests, failures } = await generate({ port, rate: null, connections: 4 });
  expect([most, failures]).toEqual([4, 0]);
  expect(requests).toBeGreaterThan(40);
});

test("answers other than 200 are failures, not requests", async () => {
  const port = await serve((_request, response) => {
    response.statusCode = 503;
    response.end("no");
  });
  const { requests, failures } = await generate({ port, rate: 50, connections: 2 });
  expect(requests).toBe(0);
  expect(failures).toBeGreaterThan(10);
});

test("a contestant that answers something else is found out before it is measured", async () => {
  const port = await serve((_request, response) => response.setHeader("x-kind", "miss").end("body"));
  const serving = (body: string, kind: string) => ({
    port,
    pids: [],
    expected: { body, headers: { "x-kind": kind } },
  });
  await checkAnswer(REQUEST, serving("body", "^miss$"));
  await expect(checkAnswer(REQUEST, serving("other", "^miss$"))).rejects.toThrow("instead of");
  await expect(checkAnswer(REQUEST, serving("body", "^hit$"))).rejects.toThrow("x-kind: miss");
});

test("counts the CPU time of a process", () => {
  const before = cpuSeconds([process.pid]);
  const until = performance.now() + 200;
  while (performance.now() < until);
  const used = cpuSeconds([process.pid]) - before;
  expect(used).toBeGreaterThan(0.02);
  expect(used).toBeLessThan(5);
});

test("takes quantiles by nearest rank, and the median of an even number between two", () => {
  expect([quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99), quantile([], 0.5)]).toEqual([
    2,
    4,
    Number.NaN,
  ]);
  expect(spreadOf([3, 1, 2, 10])).toEqual({ median: 2.5, min: 1, max: 10 });
});

describe("a benchmark", { timeout: 60_000 }, () => {
  const benches = ["bench/run.ts", "bench/cache/run.ts", "bench/gate/run.ts", "bench/origin/run.ts"];
  const run = (file: string, ...args: string[]) =>
    spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });

  test.each(benches)("%s says how it is used, and refuses what it does not know in a sentence", (file) => {
    const help = run(file, "--help");
    expect([help.status, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(/^npm run bench/);
    for (const args of [["--no-such-option"], ["no-such-part"]]) {
      const refused = run(file, ...args);
      expect([refused.status, refused.stdout]).toEqual([2, ""]);
      expect(refused.stderr).toMatch(/^(Unknown option|There is no (group|part)) .*\n\nnpm run bench/);
    }
  });

  test.each([
    ["bench/run.ts", "--rounds", "0"],
    ["bench/cache/run.ts", "--seconds", "soon"],
    ["bench/origin/run.ts", "--products", "1.5"],
  ])("%s refuses %s %s", (file, option, value) => {
    const { status, stderr } = run(file, option, value);
    expect(status).toBe(2);
    expect(stderr.split("\n")[0]).toBe(`${option} takes a whole number from 1 on.`);
  });
});
