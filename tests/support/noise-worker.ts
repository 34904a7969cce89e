import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import type { Noise, NoiseCounts } from "./noise.ts";

/**
 * Sends one request at a constant rate, whatever becomes of those before (an open loop), in a thread of its own:
 * else its work would be measured as latency of others.
 */

const { url, path, perSecond, headers, body }: Noise = workerData;
const TICK_MS = 20;

const counts: Record<number, number> = {};
const agent = new Agent({ keepAlive: true, maxSockets: 500 });

function send(): void {
  const count = (status: number) => {
    counts[status] = (counts[status] ?? 0) + 1;
  };
  const options = { method: "POST", agent, headers: { ...headers, "idempotency-key": randomUUID() } };
  request(url + path, options, (answer) => {
    count(answer.statusCode ?? 0);
    answer.resume();
  })
    .on("error", () => count(0))
    .end(body);
}

const startedAt = performance.now();
let sent = 0;
setInterval(() => {
  const due = ((performance.now() - startedAt) / 1000) * perSecond;
  for (; sent < due; sent++) send();
}, TICK_MS);

parentPort?.on("message", () => {
  const told: NoiseCounts = counts;
  parentPort?.postMessage(told);
});
