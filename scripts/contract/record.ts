import postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import { mintToken } from "../local/development-key.ts";
import { startStack } from "../local/stack.ts";
import { ensureTenants } from "../local/tenants.ts";
import { TOKEN_AUDIENCE } from "../local/variables.ts";
import { normalised, play, type Recorded, type Step } from "./recorded.ts";

/** Sends the steps to a stack of their own, as a tenant of its own. @param scopes of whoever sends them */
export async function record(steps: readonly Step[], scopes: readonly string[]): Promise<Recorded[]> {
  const running = await startStack();
  try {
    const { edgeUrl: url, ownerUrl, issuer, key } = running.stack;
    const tenant = { id: uuidv7(), slug: "recorded", name: "Recorded" };
    const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
    await ensureTenants(sql, [tenant]);
    await sql.end();
    const who = { tenantId: tenant.id, scopes, subject: "recorder", clientId: "recorder" };
    const request = { issuer, audience: TOKEN_AUDIENCE, lifetimeSeconds: 600, ...who };
    const token = await mintToken(key, request, Date.now());
    const recorded: Recorded[] = [];
    for await (const { step, status, body } of play(steps, { url, token, tenant })) {
      recorded.push({ request: step, status, body: normalised(body) });
    }
    return recorded;
  } finally {
    await running.stop();
  }
}
