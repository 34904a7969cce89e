import { eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { ApiClient, ApiClientUpdate } from "#shared/resources/clients.ts";
import type { Transaction } from "../../../db/client.ts";
import { apiClients } from "../../../db/tables/api-clients.ts";
import { revokeIssued } from "../revoke.ts";
import { makeSecret } from "./secret.ts";

/** API clients in a transaction of their tenant: for the handlers and for the command alike. */

export const clientColumns = {
  id: apiClients.clientId,
  name: apiClients.name,
  scopes: apiClients.scopes,
  plan: apiClients.plan,
  disabled: apiClients.disabled,
  previousSecretExpiresAt: apiClients.previousSecretExpiresAt,
  version: apiClients.version,
  createdAt: apiClients.createdAt,
  updatedAt: apiClients.updatedAt,
};

type WithSecret = { readonly client: ApiClient; readonly secret: string };

/** @param now milliseconds since the epoch: a grace period that has passed is none */
export function clientOf(row: ApiClient, now: number): ApiClient {
  const { previousSecretExpiresAt: until } = row;
  return { ...row, previousSecretExpiresAt: until !== null && Date.parse(until) > now ? until : null };
}

export async function insertClient(
  tx: Transaction,
  tenantId: string,
  fields: { readonly name: string; readonly scopes: readonly string[]; readonly plan?: string | null },
): Promise<WithSecret> {
  const { secret, secretHash } = makeSecret();
  const { name, scopes, plan = null } = fields;
  const rows = await tx
    .insert(apiClients)
    .values({ clientId: uuidv7(), tenantId, name, scopes: [...scopes], plan, secretHash })
    .returning(clientColumns)
    .prepare("create_client")
    .execute();
  return { client: found(rows), secret };
}

/**
 * The client, locked against other writes until the transaction ends.
 * @throws Problem `not-found`
 */
export async function lockClient(tx: Transaction, id: string): Promise<ApiClient> {
  const rows = await tx
    .select(clientColumns)
    .from(apiClients)
    .where(eq(apiClients.clientId, id))
    .for("update")
    .prepare("lock_client")
    .execute();
  return found(rows);
}

/**
 * Changes a client. One that is disabled, or may do less than before, loses the tokens that it has.
 * @param current the client, locked
 */
export async function changeClient(
  tx: Transaction,
  tenantId: string,
  current: ApiClient,
  { name, scopes, disabled }: ApiClientUpdate,
): Promise<ApiClient> {
  const changes = {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes }),
    ...(disabled !== undefined && { disabled }),
  };
  const rows = await tx
    .update(apiClients)
    .set({ ...changes, ...nextVersion })
    .where(eq(apiClients.clientId, current.id))
    .returning(clientColumns);
  const client = found(rows);
  const mayLess = current.scopes.some((scope) => !client.scopes.includes(scope));
  if (mayLess || (client.disabled && !current.disabled)) {
    await revokeIssued(tx, tenantId, "client", client.id);
  }
  return client;
}

/**
 * Changes whose quota a client has, from its next token on. For operators: a tenant must not raise its own.
 * @param plan null for the default
 */
export async function changePlan(tx: Transaction, id: string, plan: string | null): Promise<ApiClient> {
  const rows = await tx
    .update(apiClients)
    .set({ plan, ...nextVersion })
    .where(eq(apiClients.clientId, id))
    .returning(clientColumns);
  return found(rows);
}

/**
 * A third secret is never good: the one before the last ends with this, whatever its grace period.
 * Without one the old secret is taken to be in the wrong hands, and so are its tokens.
 */
export async function replaceSecret(
  tx: Transaction,
  tenantId: string,
  id: string,
  graceSeconds: number,
): Promise<WithSecret> {
  const { secret, secretHash } = makeSecret();
  const rows = await tx
    .update(apiClients)
    .set({
      secretHash,
      previousSecretHash: sql`${apiClients.secretHash}`,
      previousSecretExpiresAt: sql`now() + make_interval(secs => ${graceSeconds})`,
      ...nextVersion,
    })
    .where(eq(apiClients.clientId, id))
    .returning(clientColumns);
  const client = found(rows);
  if (graceSeconds === 0) await revokeIssued(tx, tenantId, "client", id);
  return { client, secret };
}

const nextVersion = { version: sql`${apiClients.version} + 1`, updatedAt: sql`now()` };

function found<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Problem("not-found");
  return row;
}
