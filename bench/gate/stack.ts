import postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import { mintToken } from "#scripts/local/development-key.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import type { PLANS } from "./constants.ts";
import { COUNTS_PATH, type Counts } from "./counting-redis.ts";
import type { GateStack } from "./part.ts";

/** A client that nobody has heard of, of a tenant of its own, with a token that lasts an hour. */
export type Client = { readonly tenantId: string; readonly clientId: string; readonly token: string };

export async function newClient(
  { stack }: GateStack,
  plan: keyof typeof PLANS,
  scopes: readonly string[] = ["catalog:read"],
  tenantId: string = uuidv7(),
): Promise<Client> {
  const clientId = uuidv7();
  const request = {
    issuer: stack.issuer,
    audience: TOKEN_AUDIENCE,
    tenantId,
    scopes,
    subject: clientId,
    clientId,
    lifetimeSeconds: 3_600,
    claims: { plan },
  };
  return { tenantId, clientId, token: await mintToken(stack.key, request, Date.now()) };
}

/** A tenant that can have clients, and whose tokens can be revoked. */
export async function newTenant({ stack }: GateStack): Promise<string> {
  const sql = postgres(stack.ownerUrl, { max: 1, onnotice: () => {} });
  const id = uuidv7();
  await ensureTenants(sql, [{ id, slug: `bench-${id}`, name: "Bench" }]);
  await sql.end();
  return id;
}

/** Commands to Redis so far that are about a client's quota, and those about its tenant's snapshot. */
export async function commandsOf({ countsUrl }: GateStack, { tenantId, clientId }: Client) {
  const counts = (await (await fetch(countsUrl + COUNTS_PATH)).json()) as Counts;
  const sum = (of: (key: string) => boolean) =>
    Object.entries(counts).reduce((all, [key, count]) => (of(key) ? all + count : all), 0);
  const isQuota = (key: string) => key.startsWith("gatehouse:quota:");
  return {
    quota: sum((key) => isQuota(key) && key.endsWith(`${tenantId}/${clientId}`)),
    others: sum((key) => !isQuota(key) && key.includes(tenantId)),
  };
}
