import { and, eq, sql } from "drizzle-orm";
import type { Connections } from "../../db/client.ts";
import { prepareSlugRead } from "../../db/read.ts";
import { tenants } from "../../db/tables/tenants.ts";

/** Finds a tenant's id by the name that people know it by; null when there is none. */
export type TenantBySlug = (slug: string) => Promise<string | null>;

export function tenantFinder(connections: Connections): TenantBySlug {
  const bySlug = prepareSlugRead(connections, (db, ready) =>
    db
      .select({ id: tenants.id })
      .from(tenants)
      .where(and(ready, eq(tenants.slug, sql.placeholder("slug"))))
      .limit(1),
  );
  return async function find(slug) {
    const [tenant] = await bySlug.execute({ slug });
    return tenant?.id ?? null;
  };
}
