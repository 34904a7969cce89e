import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import type { EventType } from "#shared/resources/event-types.ts";
import type { DeliveryError } from "#shared/resources/webhook-schemas.ts";
import { bytes, createdAt, instantOrNull, tenantId, updatedAt } from "./columns.ts";

/** Where tenants have events sent to. */
export const webhooks = pgTable(
  "webhooks",
  {
    tenantId: tenantId(),
    id: uuid().notNull(),
    url: text().notNull(),
    description: text(),
    eventTypes: text().array().$type<EventType[]>().notNull(),
    enabled: boolean().notNull().default(true),
    /** Null unless it was disabled by what its receiver answered. */
    disabledReason: text({ enum: ["gone"] }),
    /** The signing secret, sealed with AES-256-GCM (`origin/seal.ts`): unlike a password it is needed again. */
    sealedSecret: bytes().notNull(),
    /** The secret before this one, which signs beside it until then. */
    sealedPreviousSecret: bytes(),
    previousSecretExpiresAt: instantOrNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check(
      "webhooks_previous_secret_pair",
      sql`(${table.sealedPreviousSecret} is null) = (${table.previousSecretExpiresAt} is null)`,
    ),
    check("webhooks_reason_when_disabled", sql`not ${table.enabled} or ${table.disabledReason} is null`),
  ],
);

/** What happened, written in the transaction that made it happen. Only what some webhook asked for. */
export const webhookEvents = pgTable(
  "webhook_events",
  {
    tenantId: tenantId(),
    /** Made of the instant (UUIDv7); receivers tell repetitions by it. */
    id: uuid().notNull(),
    type: text().$type<EventType>().notNull(),
    occurredAt: createdAt(),
    /** Not `jsonb`, which would forget the order of its members. */
    data: json().$type<object>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // For the sweep.
    index("webhook_events_occurred_at_idx").using("brin", table.occurredAt),
  ],
);

/** That one event is to be sent to one webhook. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    tenantId: tenantId(),
    webhookId: uuid().notNull(),
    eventId: uuid().notNull(),
    state: text({ enum: ["pending", "delivered", "dead"] })
      .notNull()
      .default("pending"),
    /** Those that have begun. Whoever reports how one ended names its number, so that a late one is ignored. */
    attempts: integer().notNull().default(0),
    /** While an attempt runs: when it is taken to have been lost. Null: there is none to come. */
    nextAttemptAt: instantOrNull(),
    lastAttemptAt: instantOrNull(),
    /** The status of the last answer; null: there was none. */
    lastStatus: integer(),
    /** Why the last attempt failed, in a word of a closed set: nothing that the receiver said is kept. */
    lastError: text().$type<DeliveryError>(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.webhookId, table.eventId] }),
    // None to the webhook: it would lock its row for each event, which all writers of a tenant share.
    foreignKey({
      name: "webhook_deliveries_event_fkey",
      columns: [table.tenantId, table.eventId],
      foreignColumns: [webhookEvents.tenantId, webhookEvents.id],
    }).onDelete("cascade"),
    index("webhook_deliveries_event_idx").on(table.tenantId, table.eventId),
    index("webhook_deliveries_state_idx").on(table.tenantId, table.webhookId, table.state, table.eventId),
    index("webhook_deliveries_pending_idx")
      .on(table.webhookId, table.nextAttemptAt)
      .where(sql`${table.state} = 'pending'`),
    check(
      "webhook_deliveries_next_while_pending",
      sql`(${table.state} = 'pending') = (${table.nextAttemptAt} is not null)`,
    ),
  ],
);
