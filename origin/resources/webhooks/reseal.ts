import { and, eq, sql } from "drizzle-orm";
import type { SecretList } from "#shared/environment.ts";
import type { Connections, Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { webhooks } from "../../db/tables/webhooks.ts";
import { inTransaction } from "../../db/write.ts";
import { createSeal, type Seal } from "../../seal.ts";
import { sealName } from "./rows.ts";

/**
 * Seals the secrets of all webhooks with the secret in use, where they are sealed with one before it.
 * @returns how many webhooks were
 */
export async function resealWebhooks(connections: Connections, secrets: SecretList): Promise<number> {
  const seal = createSeal(secrets, "webhook secrets");
  let resealed = 0;
  for (const tenantId of await tenantsWithWebhooks(connections)) {
    const { result } = await inTransaction(connections, tenantId, (tx) => resealOf(tx, seal, tenantId));
    resealed += result;
  }
  return resealed;
}

function tenantsWithWebhooks({ own }: Connections): Promise<string[]> {
  const read = async (tx: Transaction) => {
    await tx.execute(sql`select set_config('app.task', 'webhooks', true)`);
    const rows = await tx.selectDistinct({ tenantId: webhooks.tenantId }).from(webhooks);
    return rows.map(({ tenantId }) => tenantId);
  };
  return own((db) => db.transaction(read));
}

async function resealOf(tx: Transaction, seal: Seal, tenantId: string): Promise<number> {
  const rows = await tx
    .select({
      id: webhooks.id,
      sealedSecret: webhooks.sealedSecret,
      sealedPreviousSecret: webhooks.sealedPreviousSecret,
    })
    .from(webhooks)
    .where(ofTenant(webhooks))
    .for("update");
  let resealed = 0;
  for (const { id, sealedSecret: secret, sealedPreviousSecret: previous } of rows) {
    const name = sealName(tenantId, id);
    const sealedSecret = seal.renew(name, secret);
    const sealedPreviousSecret = previous === null ? null : seal.renew(name, previous);
    if (sealedSecret === null && sealedPreviousSecret === null) continue;
    await tx
      .update(webhooks)
      .set({
        ...(sealedSecret !== null && { sealedSecret }),
        ...(sealedPreviousSecret !== null && { sealedPreviousSecret }),
      })
      .where(and(ofTenant(webhooks), eq(webhooks.id, id)));
    resealed++;
  }
  return resealed;
}
