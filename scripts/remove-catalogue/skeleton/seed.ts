import postgres from "postgres";
import { ensureDemoAdmin } from "#scripts/local/demo-admin.ts";
import { mintToken } from "#scripts/local/development-key.ts";
import { DEMO_TENANTS, ensureTenants } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { contract, scopesOf } from "#shared/contract.ts";

const SECONDS_A_DAY = 86_400;

export type Seeded = {
  /** What was done, in a few words. */
  readonly summary: string;
  /** Of the first demo tenant, good for a day, with every scope. */
  readonly token: string;
};

type Seedable = {
  readonly ownerUrl: string;
  readonly key: Parameters<typeof mintToken>[0];
  readonly issuer: string;
  readonly edge: { readonly url: string };
};

/** Makes the demo tenants, and an administrator of the first. */
export async function seed({ ownerUrl, key, issuer, edge }: Seedable): Promise<Seeded> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await ensureTenants(sql, DEMO_TENANTS);
  } finally {
    await sql.end();
  }
  const [{ id, slug }] = DEMO_TENANTS;
  const token = await mintToken(
    key,
    {
      issuer,
      audience: TOKEN_AUDIENCE,
      tenantId: id,
      scopes: [...scopesOf(contract)],
      subject: `${slug}-user`,
      clientId: `${slug}-cli`,
      lifetimeSeconds: SECONDS_A_DAY,
    },
    Date.now(),
  );
  await ensureDemoAdmin(edge.url, token);
  return { summary: "tenants demo and rival", token };
}
