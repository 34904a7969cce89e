import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Sql } from "postgres";

/** An API client, put into a database as its owner. */
export async function makeClient(
  sql: Sql,
  tenantId: string,
  { scopes = ["clients:admin"], disabled = false }: { scopes?: readonly string[]; disabled?: boolean } = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const [id, secret] = [randomUUID(), randomBytes(32).toString("base64url")];
  const hash = createHash("sha256").update(secret).digest();
  await sql`insert into api_clients (client_id, tenant_id, name, secret_hash, scopes, disabled)
    values (${id}, ${tenantId}, 'A client', ${hash}, ${[...scopes]}, ${disabled})`;
  return { id, secret };
}
