import { mintToken } from "#scripts/local/development-key.ts";
import { type RunningStack, type StackOptions, startStack } from "#scripts/local/stack.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { fillCatalogue } from "./contestants/catalogue.ts";
import { TENANT } from "./contestants/token.ts";
import { childrenOf } from "./cpu.ts";

/**
 * Real Postgres, Redis, origin and edges in a process of their own: what measures must not wait for what
 * is measured. It ends with the harness.
 */

export type PartEdge = { readonly url: string; readonly port: number; readonly pids: readonly number[] };

/** What the harness is told when all of it runs. */
export type FromParts<S> = { readonly kind: "running"; readonly stack: S };

export type PartsProcess = {
  readonly stack: RunningStack["stack"];
  readonly addEdge: (variables?: Readonly<Record<string, string>>) => Promise<PartEdge>;
  /** Tells the harness where everything is. */
  readonly tell: (stack: unknown) => void;
};

export async function startPartsProcess(options: StackOptions = {}): Promise<PartsProcess> {
  const running = await startStack({ shieldLimit: null, ...options });
  process.on("disconnect", () => void running.stop().then(() => process.exit(0)));
  return {
    stack: running.stack,
    async addEdge(variables) {
      const others = new Set(childrenOf(process.pid));
      const { url } = await running.addEdge(variables);
      const pids = childrenOf(process.pid).filter((pid) => !others.has(pid));
      return { url, port: Number(new URL(url).port), pids };
    },
    tell(stack) {
      const message: FromParts<unknown> = { kind: "running", stack };
      process.send?.(message);
    },
  };
}

/** Fills a tenant with products that are `productId(0)` and on. Returns a token for reading and writing them. */
export async function fillShop({ stack }: PartsProcess, products: number): Promise<string> {
  await fillCatalogue(stack.ownerUrl, [{ id: TENANT, slug: "bench", name: "Bench" }], products);
  const request = {
    issuer: stack.issuer,
    audience: TOKEN_AUDIENCE,
    tenantId: TENANT,
    scopes: ["catalog:read", "catalog:write"],
    subject: "bench",
    clientId: "bench",
    lifetimeSeconds: 3_600,
  };
  return mintToken(stack.key, request, Date.now());
}
