import { startStack } from "#scripts/local/stack.ts";
import { childrenOf } from "../cpu.ts";
import { PLANS, PUBLISH_SECONDS, REDIS_TIMEOUT_MS } from "./constants.ts";
import { startCountingRedis } from "./counting-redis.ts";
import type { GateEdge, GateStack } from "./part.ts";

/**
 * Real Postgres, Redis, origin and eight edges; ends with the harness. A process of its own: what
 * measures must not wait for what is measured.
 */

export type FromStack = { readonly kind: "running"; readonly stack: GateStack };

const EDGES = 8;

const running = await startStack({
  shieldLimit: null,
  originVariables: { SIGNING_KEY_PUBLISH_SECONDS: String(PUBLISH_SECONDS) },
});
const { stack } = running;
const countsUrl = await startCountingRedis(stack.redis.url);
const plans = Object.entries(PLANS).map(([name, limit]) => `${name}:${limit}`);
const variables = {
  UPSTASH_REDIS_REST_URL: countsUrl,
  REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS),
  QUOTA_PLANS: plans.join(","),
};

async function addEdge(): Promise<GateEdge> {
  const others = new Set(childrenOf(process.pid));
  const { url } = await running.addEdge(variables);
  const pids = childrenOf(process.pid).filter((pid) => !others.has(pid));
  return { url, port: Number(new URL(url).port), pids };
}

const edges: GateEdge[] = [];
for (let i = 0; i < EDGES; i++) edges.push(await addEdge());

async function end(): Promise<never> {
  await running.stop();
  process.exit(0);
}
process.on("disconnect", () => void end());
const message: FromStack = { kind: "running", stack: { stack, edges, countsUrl } };
process.send?.(message);
