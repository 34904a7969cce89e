import { and, count, eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { Webhook, WebhookCreate, WebhookPatch } from "#shared/resources/webhook-schemas.ts";
import type { Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { webhookDeliveries, webhooks } from "../../db/tables/webhooks.ts";
import type { Seal } from "../../seal.ts";
import { makeSecret } from "./sign.ts";

/** Webhooks in a transaction of their tenant. */

export const webhookColumns = {
  id: webhooks.id,
  url: webhooks.url,
  description: webhooks.description,
  eventTypes: webhooks.eventTypes,
  enabled: webhooks.enabled,
  disabledReason: webhooks.disabledReason,
  previousSecretExpiresAt: webhooks.previousSecretExpiresAt,
  version: webhooks.version,
  createdAt: webhooks.createdAt,
  updatedAt: webhooks.updatedAt,
};

type WithSecret = { readonly webhook: Webhook; readonly secret: string };

/** Each event is noted for each of them in the transaction that makes it happen. */
const MAX_WEBHOOKS = 20;

/** What a webhook's secrets are sealed under: one that is moved to another webhook does not open. */
export function sealName(tenantId: string, webhookId: string): string {
  return `${tenantId}/${webhookId}`;
}

/** @param now milliseconds since the epoch: a grace period that has passed is none */
export function webhookOf(row: Webhook, now: number): Webhook {
  const { previousSecretExpiresAt: until } = row;
  return { ...row, previousSecretExpiresAt: until !== null && Date.parse(until) > now ? until : null };
}

/** @throws Problem `conflict` when the tenant has as many as it may have */
export async function insertWebhook(
  tx: Transaction,
  seal: Seal,
  tenantId: string,
  { url, eventTypes, description = null }: WebhookCreate,
): Promise<WithSecret> {
  // One after the other: of two at once neither would count the other.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks of ${tenantId}`}, 0))`);
  const [existing] = await tx.select({ webhooks: count() }).from(webhooks).where(ofTenant(webhooks));
  if (existing !== undefined && existing.webhooks >= MAX_WEBHOOKS)
    throw new Problem("conflict", { detail: `there are ${MAX_WEBHOOKS} webhooks, and may not be more` });
  const id = uuidv7();
  const secret = makeSecret();
  const sealedSecret = seal.close(sealName(tenantId, id), secret);
  const rows = await tx
    .insert(webhooks)
    .values({ tenantId, id, url, eventTypes, description, sealedSecret })
    .returning(webhookColumns);
  return { webhook: found(rows), secret };
}

/**
 * The webhook, locked against other writes until the transaction ends.
 * @throws Problem `not-found`
 */
export async function lockWebhook(tx: Transaction, id: string): Promise<Webhook> {
  return found(await tx.select(webhookColumns).from(webhooks).where(isThis(id)).for("update"));
}

export async function changeWebhook(
  tx: Transaction,
  current: Webhook,
  patch: WebhookPatch,
): Promise<Webhook> {
  const { url, eventTypes, description, enabled } = patch;
  const rows = await tx
    .update(webhooks)
    .set({
      ...(url !== undefined && { url }),
      ...(eventTypes !== undefined && { eventTypes }),
      ...(description !== undefined && { description }),
      ...(enabled !== undefined && { enabled, disabledReason: null }),
      ...nextVersion,
    })
    .where(isThis(current.id))
    .returning(webhookColumns);
  return found(rows);
}

/** A third secret is never good: the one before the last ends with this, whatever its grace period. */
export async function replaceSecret(
  tx: Transaction,
  seal: Seal,
  tenantId: string,
  id: string,
  graceSeconds: number,
): Promise<WithSecret> {
  const secret = makeSecret();
  const rows = await tx
    .update(webhooks)
    .set({
      sealedSecret: seal.close(sealName(tenantId, id), secret),
      sealedPreviousSecret: sql`${webhooks.sealedSecret}`,
      previousSecretExpiresAt: sql`now() + make_interval(secs => ${graceSeconds})`,
      ...nextVersion,
    })
    .where(isThis(id))
    .returning(webhookColumns);
  return { webhook: found(rows), secret };
}

export async function deleteWebhook(tx: Transaction, id: string): Promise<void> {
  await tx
    .delete(webhookDeliveries)
    .where(and(ofTenant(webhookDeliveries), eq(webhookDeliveries.webhookId, id)));
  await tx.delete(webhooks).where(isThis(id));
}

function isThis(id: string) {
  return and(ofTenant(webhooks), eq(webhooks.id, id));
}

const nextVersion = { version: sql`${webhooks.version} + 1`, updatedAt: sql`now()` };

function found<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Problem("not-found");
  return row;
}
