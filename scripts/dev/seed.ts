import { readFileSync } from "node:fs";
import postgres from "postgres";
import { ensureDemoAdmin } from "#scripts/local/demo-admin.ts";
import { mintToken } from "#scripts/local/development-key.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { DEMO_TENANTS, ensureTenants, type Tenant } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { type Client, createClient } from "#shared/client.ts";
import { contract, type GatehouseContract, scopesOf } from "#shared/contract.ts";
import type { Product } from "#shared/resources/products.ts";
import { untilDelivered } from "./seed/delivered.ts";
import { stockUp } from "./seed/shop.ts";
import type { System } from "./start.ts";

const SECONDS_A_DAY = 86_400;
const SCOPES = ["catalog:read", "catalog:write", "orders:read", "orders:write"];

export type Seeded = {
  /** What was done, in a few words. */
  readonly summary: string;
  /** Of tenant demo, good for a day. */
  readonly token: string;
  /** The newest of tenant demo that is in stock. */
  readonly product: Product;
};

/** Makes the demo tenants and gives those without products some, through the API at the edge. */
export async function seed({ ownerUrl, key, issuer, edge }: System): Promise<Seeded> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await ensureTenants(sql, DEMO_TENANTS);
  } finally {
    await sql.end();
  }
  const tokenFor = ({ id, slug }: Tenant, scopes: readonly string[] = SCOPES) =>
    mintToken(
      key,
      {
        issuer,
        audience: TOKEN_AUDIENCE,
        tenantId: id,
        scopes,
        subject: `${slug}-user`,
        clientId: `${slug}-cli`,
        lifetimeSeconds: SECONDS_A_DAY,
      },
      Date.now(),
    );

  await ensureDemoAdmin(edge.url, await tokenFor(DEMO_TENANTS[0], scopesOf(contract)));

  let created = 0;
  let demo: Omit<Seeded, "summary"> | null = null;
  for (const tenant of DEMO_TENANTS) {
    const token = await tokenFor(tenant);
    const client = createClient({ baseUrl: edge.url, token });
    const newest = async () => (await client.listProducts({ query: { pageSize: 100 } })).body.data;
    let products = await newest();
    if (products.length === 0) {
      created += await importInto(client, productsOf(tenant));
      products = await newest();
      await stockUp(client, products, Date.now());
      await untilDelivered(client);
    }
    const product = products.find(({ inStock }) => inStock);
    if (tenant.slug === "demo" && product !== undefined) demo = { token, product };
  }
  if (demo === null)
    throw new StartError("Tenant demo has no product in stock: run `npm run dev -- --reset`.");
  const summary = created === 0 ? "is there" : `${created} products for tenants demo and rival`;
  return { summary, ...demo };
}

/** @returns how many were created */
async function importInto(client: Client<GatehouseContract>, lines: string): Promise<number> {
  const { id: importId } = (await client.createImport({ body: { name: "Sample data" } })).body;
  await client.sendImportPart({ params: { importId, number: 1 }, body: lines });
  const { body } = await client.completeImport({ params: { importId }, body: { parts: 1 } });
  if (body.failed > 0) throw new StartError(`Refused lines of the sample data: ${body.failed}.`);
  return body.created;
}

function productsOf({ slug }: Tenant): string {
  return readFileSync(new URL(`seed/${slug}.ndjson`, import.meta.url), "utf8");
}
