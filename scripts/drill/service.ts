import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { mintToken } from "#scripts/local/development-key.ts";
import { Parts } from "#scripts/local/parts.ts";
import { type RunningStack, startStack } from "#scripts/local/stack.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { type Splitter, startSplitter } from "./splitter.ts";

/** Version N of both tiers, each behind a splitter of its own, with one product. */
export type Service = {
  readonly running: RunningStack;
  /** Clients come here. */
  readonly edges: Splitter;
  /** The edge comes here. */
  readonly origins: Splitter;
  /** The edge's variables, for another version of it. */
  readonly edgeVariables: Readonly<Record<string, string>>;
  readonly token: string;
  /** Of a product. */
  readonly path: string;
  readonly stop: () => Promise<void>;
};

const TENANT = { id: "0199a0a0-0000-7000-8000-00000000d211", slug: "drill", name: "Drill" };

export async function startService(): Promise<Service> {
  const parts = new Parts();
  try {
    const running = await parts.add(startStack());
    const { stack } = running;
    const origins = await parts.add(startSplitter(stack.originUrl));
    const edgeVariables = { ...stack.edgeVariables, ORIGIN_URLS: origins.url };
    const edge = await running.addEdge(edgeVariables);
    const edges = await parts.add(startSplitter(edge.url));
    const token = await tokenFor(stack);
    const path = await makeProduct(edges.url, token);
    return { running, edges, origins, edgeVariables, token, path, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function tokenFor({ ownerUrl, issuer, key }: RunningStack["stack"]): Promise<string> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  await ensureTenants(sql, [TENANT]);
  await sql.end();
  const request = {
    issuer,
    audience: TOKEN_AUDIENCE,
    tenantId: TENANT.id,
    scopes: ["catalog:read", "catalog:write"],
    subject: "drill",
    clientId: "drill",
    lifetimeSeconds: 3_600,
  };
  return mintToken(key, request, Date.now());
}

async function makeProduct(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/v1/products`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    },
    body: JSON.stringify({ sku: "DRILL-1", name: "A lamp for the drill" }),
  });
  if (response.status !== 201) throw new Error(`the drill's product was answered with ${response.status}`);
  return response.headers.get("location") ?? "";
}
