import { type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";

/**
 * A row of the tenant whose session it is. Row-level security sees to that by itself; but of some tables it shows
 * sweeps and deliveries something too, of all tenants, and says so with an OR. No index that begins with the tenant
 * serves an OR: without this, whoever asks for one row of his own would have everybody's looked through.
 */
export function ofTenant({ tenantId }: { readonly tenantId: AnyPgColumn }): SQL {
  return sql`${tenantId} = (select nullif(current_setting('app.tenant', true), '')::uuid)`;
}
