import postgres from "postgres";
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
};

/** Makes the demo tenants. */
export async function seed({ ownerUrl, key, issuer }: Seedable): Promise<Seeded> {
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
  return { summary: "tenants demo and rival", token };
}
