import { eq } from "drizzle-orm";
import type { Transaction } from "#origin/db/client.ts";
import { apiClients } from "#origin/db/tables/api-clients.ts";
import { users } from "#origin/db/tables/users.ts";
import { isUuid } from "#origin/uuid.ts";

/** Whether an id that was typed is one of the tenant's. */

export async function isClient(tx: Transaction, id: string): Promise<boolean> {
  return isUuid(id) && (await tx.$count(apiClients, eq(apiClients.clientId, id))) > 0;
}

export async function isUser(tx: Transaction, id: string): Promise<boolean> {
  return isUuid(id) && (await tx.$count(users, eq(users.id, id))) > 0;
}
