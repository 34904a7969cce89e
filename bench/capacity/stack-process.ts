import { childrenOf } from "../cpu.ts";
import { REDIS_TIMEOUT_MS } from "../gate/constants.ts";
import { startCountingRedis } from "../gate/counting-redis.ts";
import { fillShop, startPartsProcess } from "../parts-process.ts";
import type { SmallStack } from "./small-stack.ts";
import { PRODUCTS } from "./small-traffic.ts";

const parts = await startPartsProcess();
const { opsUrl, redis } = parts.stack;
const token = await fillShop(parts, PRODUCTS);
const countsUrl = await startCountingRedis(redis.url);
const [originPid, databasePids] = [process.pid, childrenOf(process.pid)];
const edge = await parts.addEdge({
  UPSTASH_REDIS_REST_URL: countsUrl,
  REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS),
});
parts.tell({ ...edge, opsUrl, countsUrl, token, originPid, databasePids } satisfies SmallStack);
