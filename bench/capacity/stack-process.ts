import { mintToken } from "#scripts/local/development-key.ts";
import { startStack } from "#scripts/local/stack.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { fillCatalogue } from "../contestants/catalogue.ts";
import { TENANT } from "../contestants/token.ts";
import { childrenOf } from "../cpu.ts";
import { startCountingRedis } from "../gate/counting-redis.ts";
import { PRODUCTS } from "./small-traffic.ts";

/**
 * Real Postgres, Redis, origin and one edge whose commands to Redis are counted; ends with the harness.
 * A process of its own: what measures must not wait for what is measured.
 */

export type SmallStack = {
  readonly port: number;
  readonly pids: readonly number[];
  readonly opsUrl: string;
  readonly countsUrl: string;
  readonly token: string;
};

export type FromStack = { readonly kind: "running"; readonly stack: SmallStack };

const running = await startStack({ shieldLimit: null });
const { stack } = running;
await fillCatalogue(stack.ownerUrl, [{ id: TENANT, slug: "bench", name: "Bench" }], PRODUCTS);
const countsUrl = await startCountingRedis(stack.redis.url);
const others = new Set(childrenOf(process.pid));
const { url } = await running.addEdge({ UPSTASH_REDIS_REST_URL: countsUrl });
const request = {
  issuer: stack.issuer,
  audience: TOKEN_AUDIENCE,
  tenantId: TENANT,
  scopes: ["catalog:read", "catalog:write"],
  subject: "bench",
  clientId: "bench",
  lifetimeSeconds: 3_600,
};

async function end(): Promise<never> {
  await running.stop();
  process.exit(0);
}
process.on("disconnect", () => void end());
const message: FromStack = {
  kind: "running",
  stack: {
    port: Number(new URL(url).port),
    pids: childrenOf(process.pid).filter((pid) => !others.has(pid)),
    opsUrl: stack.opsUrl,
    countsUrl,
    token: await mintToken(stack.key, request, Date.now()),
  },
};
process.send?.(message);
