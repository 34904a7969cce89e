import { startPartsProcess } from "../parts-process.ts";
import { PLANS, PUBLISH_SECONDS, REDIS_TIMEOUT_MS } from "./constants.ts";
import { startCountingRedis } from "./counting-redis.ts";
import type { GateEdge, GateStack } from "./part.ts";

/** Eight edges whose commands to Redis are counted. */

const EDGES = 8;

const parts = await startPartsProcess({
  originVariables: { SIGNING_KEY_PUBLISH_SECONDS: String(PUBLISH_SECONDS) },
});
const { stack } = parts;
const countsUrl = await startCountingRedis(stack.redis.url);
const plans = Object.entries(PLANS).map(([name, limit]) => `${name}:${limit}`);
const variables = {
  UPSTASH_REDIS_REST_URL: countsUrl,
  REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS),
  QUOTA_PLANS: plans.join(","),
};

const edges: GateEdge[] = [];
for (let i = 0; i < EDGES; i++) edges.push(await parts.addEdge(variables));
parts.tell({ stack, edges, countsUrl } satisfies GateStack);
