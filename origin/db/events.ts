import { sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { EventType } from "#shared/resources/event-types.ts";
import type { Transaction } from "./client.ts";
import { ofTenant } from "./of-tenant.ts";
import { prepareStatement } from "./statement.ts";
import { webhookDeliveries, webhookEvents, webhooks } from "./tables/webhooks.ts";

/** What happened, as whoever asked to be told of it will read it. */
export type Event = { readonly type: EventType; readonly data: object };

/**
 * Notes events in the transaction that makes them happen, each with a delivery to every webhook of the
 * tenant that asks for its type: none is lost, and none is sent of what was rolled back. What nobody asks
 * for is not kept. One statement, which mostly finds no webhook.
 */
export async function recordEvents(
  tx: Transaction,
  tenantId: string,
  events: readonly Event[],
): Promise<void> {
  if (events.length === 0) return;
  const ids = events.map((event) => ({ id: uuidv7(), ...event }));
  await record(tx, { tenant: tenantId, events: JSON.stringify(ids) });
}

const tenant = sql.placeholder("tenant");
const record = prepareStatement(
  {},
  sql`
    with noted as (
      select id, type, data
      from json_to_recordset(${sql.placeholder("events")}::json) as event (id uuid, type text, data json)
    ), wanted as (
      select noted.id as event_id, webhooks.id as webhook_id
      from webhooks join noted on noted.type = any(webhooks.event_types)
      where ${ofTenant(webhooks)} and webhooks.enabled
    ), recorded as (
      insert into webhook_events (tenant_id, id, type, data)
      select ${tenant}::uuid, id, type, data from noted where id in (select event_id from wanted)
    )
    insert into webhook_deliveries (tenant_id, webhook_id, event_id, next_attempt_at)
    select ${tenant}::uuid, webhook_id, event_id, now() from wanted`,
);

/**
 * Notes an event for one webhook, whatever it asks for.
 * @returns the event's id
 */
export async function recordEventFor(
  tx: Transaction,
  tenantId: string,
  webhookId: string,
  { type, data }: Event,
): Promise<string> {
  const eventId = uuidv7();
  await tx.insert(webhookEvents).values({ tenantId, id: eventId, type, data });
  await tx.insert(webhookDeliveries).values({ tenantId, webhookId, eventId, nextAttemptAt: sql`now()` });
  return eventId;
}
