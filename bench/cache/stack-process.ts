import { mintToken } from "#scripts/local/development-key.ts";
import { startStack } from "#scripts/local/stack.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { fillCatalogue } from "../contestants/catalogue.ts";
import { TENANT } from "../contestants/token.ts";
import { childrenOf } from "../cpu.ts";
import type { BenchEdge, BenchStack } from "./part.ts";

/**
 * Real Postgres, Redis, origin, four edges and one for writes, with a catalogue; ends with the harness.
 * A process of its own: what measures must not wait for what is measured.
 */

export type FromStack = { readonly kind: "running"; readonly stack: BenchStack };

const PRODUCTS = 101_000;
const EDGES = 4;

const running = await startStack({ shieldLimit: null });
const { stack } = running;
await fillCatalogue(stack.ownerUrl, [{ id: TENANT, slug: "bench", name: "Bench" }], PRODUCTS);

async function addEdge(): Promise<BenchEdge> {
  const others = new Set(childrenOf(process.pid));
  const { url } = await running.addEdge();
  const pids = childrenOf(process.pid).filter((pid) => !others.has(pid));
  return { port: Number(new URL(url).port), pids };
}

const edges: BenchEdge[] = [];
for (let i = 0; i < EDGES; i++) edges.push(await addEdge());
const request = {
  issuer: stack.issuer,
  audience: TOKEN_AUDIENCE,
  tenantId: TENANT,
  scopes: ["catalog:read", "catalog:write"],
  subject: "bench",
  clientId: "bench",
  lifetimeSeconds: 3_600,
};
const message: FromStack = {
  kind: "running",
  stack: {
    edges,
    writer: await addEdge(),
    opsUrl: stack.opsUrl,
    ownerUrl: stack.ownerUrl,
    token: await mintToken(stack.key, request, Date.now()),
  },
};

async function end(): Promise<never> {
  await running.stop();
  process.exit(0);
}
process.on("disconnect", () => void end());
process.send?.(message);
