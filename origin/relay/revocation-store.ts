import { sql } from "drizzle-orm";
import type { Revocation, RevocationKind } from "#shared/revocation.ts";
import type { Transaction } from "../db/client.ts";
import { REVOCATIONS } from "../db/tables/revocations.ts";
import type { OutboxRow } from "./store.ts";

/** The relay's view of revocations: those of all tenants (policy `relay`), as long as they matter. */

export type ByTenant = ReadonlyMap<string, readonly Revocation[]>;

/** What the outbox rows stand for. */
export async function readAnnounced(tx: Transaction, rows: readonly OutboxRow[]): Promise<ByTenant> {
  const announced = rows.filter(({ collection }) => collection === REVOCATIONS);
  if (announced.length === 0) return new Map();
  const wanted = JSON.stringify(announced.map(({ tenantId, xid }) => ({ tenant_id: tenantId, xid })));
  // A later transaction may have written the same one: then it has that one's xid, and an outbox row of its own.
  return read(
    tx,
    sql`(tenant_id, xid) in (
    select tenant_id, xid::xid8 from json_to_recordset(${wanted}::json) as wanted (tenant_id uuid, xid text))`,
  );
}

/** All of one tenant. */
export async function readTenant(tx: Transaction, tenantId: string): Promise<readonly Revocation[]> {
  return (await read(tx, sql`tenant_id = ${tenantId}`)).get(tenantId) ?? [];
}

/** Tenants that have some, in order of their ids, from the one after `after`. */
export async function readTenantIds(tx: Transaction, after: string, limit: number): Promise<string[]> {
  const rows = await tx.execute<{ tenant_id: string }>(sql`
    select distinct tenant_id from revocations
    where tenant_id > ${after} and expires_at > now() order by tenant_id limit ${limit}`);
  return rows.map(({ tenant_id }) => tenant_id);
}

async function read(tx: Transaction, which: ReturnType<typeof sql>): Promise<ByTenant> {
  const rows = await tx.execute<{
    tenant_id: string;
    kind: RevocationKind;
    id: string;
    revoked_before: number | null;
    expires_at: number;
  }>(sql`
    select tenant_id, kind, id, extract(epoch from revoked_before)::float8 as revoked_before,
      ceil(extract(epoch from expires_at))::float8 as expires_at
    from revocations where ${which} and expires_at > now()`);
  const byTenant = new Map<string, Revocation[]>();
  for (const { tenant_id, kind, id, revoked_before, expires_at } of rows) {
    const found = byTenant.get(tenant_id) ?? [];
    found.push({ kind, id, revokedBefore: revoked_before, expiresAt: expires_at });
    byTenant.set(tenant_id, found);
  }
  return byTenant;
}
