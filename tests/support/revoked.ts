import { owner } from "./stack.ts";

/** What has been revoked in a tenant: kinds and ids, in no particular order. */
export async function revokedIn(tenantId: string): Promise<readonly string[]> {
  const rows = await owner()`select kind, id from revocations where tenant_id = ${tenantId}`;
  return rows.map(({ kind, id }) => `${kind} ${id}`);
}
