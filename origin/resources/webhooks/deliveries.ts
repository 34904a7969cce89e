import { and, desc, eq, lt, ne, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { webhookDeliveries as routes } from "#shared/resources/webhook-deliveries.ts";
import type { WebhookDelivery } from "#shared/resources/webhook-schemas.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { recordEventFor } from "../../db/events.ts";
import { prepareList } from "../../db/list.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { webhookDeliveries as deliveries, webhookEvents as events } from "../../db/tables/webhooks.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { prepareWebhook } from "./reads.ts";
import { lockWebhook } from "./rows.ts";

const columns = {
  id: events.id,
  type: events.type,
  occurredAt: events.occurredAt,
  state: deliveries.state,
  attempts: deliveries.attempts,
  nextAttemptAt: deliveries.nextAttemptAt,
  lastAttemptAt: deliveries.lastAttemptAt,
  lastStatus: deliveries.lastStatus,
  lastError: deliveries.lastError,
};

export function webhookDeliveryHandlers({
  connections,
  write,
  cursors,
}: Services): HandlersOf<typeof routes> {
  const webhookById = prepareWebhook(connections);
  const list = prepareList(
    connections,
    {
      webhookId: eq(deliveries.webhookId, sql.placeholder("webhookId")),
      state: eq(deliveries.state, sql.placeholder("state")),
      after: lt(deliveries.eventId, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(columns)
        .from(deliveries)
        .innerJoin(events, eq(events.id, deliveries.eventId))
        .where(and(where, ofTenant(deliveries), ofTenant(events)))
        .orderBy(desc(deliveries.eventId))
        .limit(sql.placeholder("limit")),
  );

  return {
    async listWebhookDeliveries({ caller: { tenantId }, params: { webhookId }, query }) {
      const { pageSize, cursor, state } = query;
      const [webhook] = await webhookById.execute({ tenant: tenantId, id: webhookId });
      if (webhook === undefined) throw new Problem("not-found");
      const scope = JSON.stringify(["listWebhookDeliveries", tenantId, webhookId, state]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { webhookId, state, after });
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async redeliverWebhook(call) {
      const { webhookId, eventId } = call.params;
      return write(call, async (tx) => {
        await requireEnabled(tx, webhookId);
        const again = await tx
          .update(deliveries)
          .set({ state: "pending", attempts: 0, nextAttemptAt: sql`now()` })
          .where(and(isOf(webhookId, eventId), ne(deliveries.state, "pending")))
          .returning({ eventId: deliveries.eventId });
        const delivery = await read(tx, webhookId, eventId);
        if (again.length === 0) throw new Problem("conflict", { detail: "it is still being delivered" });
        return { status: 202, body: delivery };
      });
    },

    async testWebhook(call) {
      const { webhookId } = call.params;
      return write(call, async (tx) => {
        await requireEnabled(tx, webhookId);
        const event = { type: "webhook.test", data: { webhookId } } as const;
        const eventId = await recordEventFor(tx, call.caller.tenantId, webhookId, event);
        return { status: 202, body: await read(tx, webhookId, eventId) };
      });
    },
  };
}

async function requireEnabled(tx: Transaction, webhookId: string): Promise<void> {
  const { enabled } = await lockWebhook(tx, webhookId);
  if (!enabled) throw new Problem("conflict", { detail: "the webhook is disabled" });
}

async function read(tx: Transaction, webhookId: string, eventId: string): Promise<WebhookDelivery> {
  const [delivery] = await tx
    .select(columns)
    .from(deliveries)
    .innerJoin(events, eq(events.id, deliveries.eventId))
    .where(and(ofTenant(events), isOf(webhookId, eventId)));
  if (delivery === undefined) throw new Problem("not-found");
  return delivery;
}

function isOf(webhookId: string, eventId: string) {
  return and(ofTenant(deliveries), eq(deliveries.webhookId, webhookId), eq(deliveries.eventId, eventId));
}
