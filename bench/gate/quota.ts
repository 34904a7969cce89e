import { Redis } from "@upstash/redis";
import type { GateStack } from "./part.ts";
import type { Client } from "./stack.ts";

/** Units that Redis has granted to a client's edges in the window that runs. */
export async function grantedTo({ stack }: GateStack, { tenantId, clientId }: Client): Promise<number> {
  const redis = new Redis({ url: stack.redis.url, token: stack.redis.token, retry: false });
  return Number(await redis.hget(`gatehouse:quota:default:60:${tenantId}/${clientId}`, "used"));
}
