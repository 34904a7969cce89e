import postgres, { type Sql } from "postgres";

export type Tenant = { readonly id: string; readonly slug: string; readonly name: string };

/** What `npm run dev` starts with. The ids are fixed, so that a slug is enough to mint a token. */
export const DEMO_TENANTS: readonly [Tenant, ...Tenant[]] = [
  { id: "0199a0a0-0000-7000-8000-00000000de30", slug: "demo", name: "Demo Goods" },
  { id: "0199a0a0-0000-7000-8000-0000000c1ea1", slug: "rival", name: "Rival Goods" },
];

/** Makes tenants, or leaves those that are there, through a connection that may write to `tenants`. */
export async function ensureTenants(sql: Sql, tenants: readonly Tenant[]): Promise<void> {
  for (const { id, slug, name } of tenants) {
    await sql.begin(async (transaction) => {
      // The owner is bound by the row policies too, unless it is a superuser.
      await transaction`select set_config('app.tenant', ${id}, true)`;
      await transaction`insert into tenants (id, slug, name) values (${id}, ${slug}, ${name})
        on conflict (id) do nothing`;
    });
  }
}

/** The tenant's id, or null when there is none of that slug that this login may see. */
export async function findTenant(ownerUrl: string, slug: string): Promise<string | null> {
  const sql = postgres(ownerUrl, { max: 1, connect_timeout: 3, onnotice: () => undefined });
  try {
    const [tenant] = await sql<{ id: string }[]>`select id from tenants where slug = ${slug}`;
    return tenant?.id ?? null;
  } finally {
    await sql.end();
  }
}
