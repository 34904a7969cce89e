import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "@upstash/redis";
import { redisPublisher } from "#origin/relay/publish.ts";
import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { REVOCATIONS_ERA_KEY } from "#shared/revocation.ts";
import type { Serving } from "../contestant.ts";
import { childrenOf } from "../cpu.ts";
import { productJson, productPath } from "./product.ts";
import { HIT_HEADERS, ISSUER, type Issuer } from "./token.ts";

const SECRET = `development-${"0".repeat(32)}`;
const BEAT_MS = 400;

/**
 * An edge that has its answer in the cache. Its origin is needed for one miss only, so a stub will do, and a
 * relay that has nothing to tell: without one the edge would be blind.
 * @param main the Worker's file; wrangler.toml's own when left out
 */
export async function startHitEdge(issuer: Issuer, main?: string): Promise<Serving> {
  const redis = await startRedis({ token: SECRET, kind: "in process" });
  await startRelay(new Redis({ url: redis.url, token: redis.token }));
  const others = new Set(childrenOf(process.pid));
  const edge = await startEdge(await bundleEdge(main), {
    shieldLimit: null,
    onLog: () => {},
    variables: {
      ENVIRONMENT: "development",
      ORIGIN_URLS: await startStubOrigin(issuer),
      ASSERTION_SECRETS: `bench:${SECRET}`,
      TOKEN_ISSUER: ISSUER,
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
      // Out of the way: neither quota nor log is what is measured.
      QUOTA_DEFAULT: "1000000000",
      SHIELD_LIMIT: "1000000000",
      LOG_SAMPLE_PERMILLE: "0",
    },
  });
  await fetch(edge.url + productPath, { headers: { authorization: `Bearer ${issuer.token}` } });
  return {
    port: Number(new URL(edge.url).port),
    pids: childrenOf(process.pid).filter((pid) => !others.has(pid)),
    expected: { body: productJson, headers: HIT_HEADERS },
  };
}

async function startRelay(redis: Redis): Promise<void> {
  const publish = redisPublisher(redis);
  const beat = () => publish({ rows: [], watermark: "1", next: "1", database: "bench" }, "1");
  const { name } = await beat();
  await redis.set(REVOCATIONS_ERA_KEY, name);
  setInterval(beat, BEAT_MS);
}

async function startStubOrigin({ publicKey }: Issuer): Promise<string> {
  const keySet = JSON.stringify({ keys: [publicKey] });
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url === "/.well-known/jwks.json") return response.end(keySet);
    return response.setHeader("etag", '"1"').end(productJson);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
