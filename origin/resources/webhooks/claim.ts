import { sql } from "drizzle-orm";
import { type Backlog, MAX_COUNTED } from "../../backlog-metrics.ts";
import type { Connections, Transaction } from "../../db/client.ts";

/** The deliveries of all tenants, as whoever delivers them sees them (policies `delivery` and `claim`). */

/** A delivery that is ours until its lease ends, and what it takes to send it. */
export type Claimed = {
  readonly tenantId: string;
  readonly webhookId: string;
  readonly eventId: string;
  /** This one included. */
  readonly attempts: number;
  readonly url: string;
  /** Sealed; the newest first, one that has had its time left out. */
  readonly sealedSecrets: readonly Buffer[];
  readonly type: string;
  /** As the API writes instants. */
  readonly occurredAt: string;
  /** JSON, exactly as it is to be sent. */
  readonly data: string;
};

/**
 * After which a claim whose process has not said how it ended is taken for lost, and the delivery for due
 * again. Longer than an attempt can take together with noting how it ended.
 */
export const LEASE_MS = 60_000;

type Room = {
  /** Of all webhooks together. */
  readonly total: number;
  /** Of each webhook. */
  readonly perWebhook: number;
  /** How many of its places a webhook may not have now. */
  readonly withheld: ReadonlyMap<string, number>;
};

type Row = {
  tenant_id: string;
  webhook_id: string;
  event_id: string;
  attempts: number;
  url: string;
  sealed_secret: Buffer;
  sealed_previous_secret: Buffer | null;
  type: string;
  occurred_at: string;
  data: string;
};

/**
 * Takes what is due, as far as there is room. The index is skipped through from webhook to webhook, so that a
 * long queue of one hides nobody else's; of more than there is room for, chance decides. What another process
 * is taking is passed over.
 * @param now milliseconds since the epoch
 */
export async function claim(
  connections: Connections,
  { total, perWebhook, withheld }: Room,
  now: number,
): Promise<readonly Claimed[]> {
  const moment = new Date(now).toISOString();
  const until = new Date(now + LEASE_MS).toISOString();
  const notNow = JSON.stringify(Object.fromEntries(withheld));
  const rows = await asDelivery(connections, (tx) =>
    tx.execute<Row>(sql`
      with recursive waiting as (
        (select webhook_id from webhook_deliveries where state = 'pending' order by webhook_id limit 1)
        union all
        select (
          select next.webhook_id from webhook_deliveries as next
          where next.state = 'pending' and next.webhook_id > waiting.webhook_id
          order by next.webhook_id limit 1
        ) from waiting where waiting.webhook_id is not null
      ), ready as (
        select webhooks.tenant_id, webhooks.id from waiting
        cross join lateral (
          select tenant_id from webhook_deliveries
          where state = 'pending' and webhook_id = waiting.webhook_id and next_attempt_at <= ${moment}::timestamptz
          order by next_attempt_at limit 1
        ) as owner
        join webhooks
          on webhooks.tenant_id = owner.tenant_id and webhooks.id = waiting.webhook_id and webhooks.enabled
        where coalesce((${notNow}::jsonb ->> webhooks.id::text)::int, 0) < ${perWebhook}
        order by random()
        limit ${total}
      ), due as (
        select found.* from ready
        cross join lateral (
          select tenant_id, webhook_id, event_id from webhook_deliveries
          where state = 'pending' and webhook_id = ready.id and next_attempt_at <= ${moment}::timestamptz
          order by next_attempt_at
          limit ${perWebhook}::int - coalesce((${notNow}::jsonb ->> ready.id::text)::int, 0)
          for update skip locked
        ) as found
        limit ${total}
      ), claimed as (
        update webhook_deliveries as delivery
        set attempts = attempts + 1, next_attempt_at = ${until}::timestamptz, last_attempt_at = ${moment}::timestamptz
        from due
        where delivery.tenant_id = due.tenant_id and delivery.webhook_id = due.webhook_id
          and delivery.event_id = due.event_id
        returning delivery.tenant_id, delivery.webhook_id, delivery.event_id, delivery.attempts
      )
      select claimed.*, webhooks.url, webhooks.sealed_secret,
        case when webhooks.previous_secret_expires_at > ${moment}::timestamptz
          then webhooks.sealed_previous_secret end as sealed_previous_secret,
        event.type, event.data::text as data,
        to_char(event.occurred_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as occurred_at
      from claimed
      join webhooks on webhooks.tenant_id = claimed.tenant_id and webhooks.id = claimed.webhook_id
      join webhook_events as event on event.tenant_id = claimed.tenant_id and event.id = claimed.event_id`),
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    attempts: row.attempts,
    url: row.url,
    sealedSecrets: [row.sealed_secret, ...(row.sealed_previous_secret ? [row.sealed_previous_secret] : [])],
    type: row.type,
    occurredAt: row.occurred_at,
    data: row.data,
  }));
}

/** Measures what waits to be delivered, of all tenants. Those of disabled webhooks do not wait. */
export async function measureBacklog(connections: Connections): Promise<Backlog> {
  const [row] = await asDelivery(connections, (tx) =>
    tx.execute<{ waiting: number; age: number | null }>(sql`
      select count(*)::int as waiting, extract(epoch from clock_timestamp() - min(created_at))::float8 as age
      from (
        select delivery.created_at from webhook_deliveries as delivery
        join webhooks on webhooks.tenant_id = delivery.tenant_id and webhooks.id = delivery.webhook_id
          and webhooks.enabled
        where delivery.state = 'pending' limit ${MAX_COUNTED}
      ) as counted`),
  );
  return { waiting: row?.waiting ?? 0, oldestAgeSeconds: Math.max(0, row?.age ?? 0) };
}

function asDelivery<R>({ own }: Connections, work: (tx: Transaction) => Promise<R>): Promise<R> {
  const deliver = async (tx: Transaction) => {
    await tx.execute(sql`select set_config('app.task', 'webhooks', true)`);
    return work(tx);
  };
  return own((db) => db.transaction(deliver));
}
