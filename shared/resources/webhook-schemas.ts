import Type, { type Static } from "typebox";
import { Id, Nullable, Timestamp, Version } from "./common.ts";
import { type EventType, eventTypes } from "./event-types.ts";

export const EventTypeName = Type.Enum(Object.keys(eventTypes) as EventType[], { title: "EventType" });

const url = Type.String({
  minLength: 1,
  maxLength: 2_000,
  description: "An https URL on port 443 or above 1023 whose host is on the public Internet",
});
const description = Nullable(Type.String({ minLength: 1, maxLength: 200 }));
const types = Type.Array(EventTypeName, { minItems: 1, maxItems: 50, uniqueItems: true });

const fields = {
  id: Id,
  url,
  description,
  /** What is sent there. `webhook.test` comes when it is asked for, wanted or not. */
  eventTypes: types,
  /** While it is not, nothing is sent, and what happens is not kept for later. */
  enabled: Type.Boolean(),
  /** `gone`: its receiver answered 410, and it was disabled for that. */
  disabledReason: Nullable(Type.Enum(["gone"])),
  /** Until when the secret before this one signs too; null when there is none. */
  previousSecretExpiresAt: Nullable(Timestamp),
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const Webhook = Type.Object(fields, { title: "Webhook", additionalProperties: false });
export type Webhook = Static<typeof Webhook>;

export const WebhookWithSecret = Type.Object(
  {
    ...fields,
    secret: Type.String({
      pattern: "^whsec_",
      description: "What its messages are signed with (Standard Webhooks); shown this once",
    }),
  },
  { title: "WebhookWithSecret", additionalProperties: false },
);

export const WebhookCreate = Type.Object(
  { url, eventTypes: types, description: Type.Optional(description) },
  { title: "WebhookCreate", additionalProperties: false },
);
export type WebhookCreate = Static<typeof WebhookCreate>;

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(url),
    eventTypes: Type.Optional(types),
    description: Type.Optional(description),
    enabled: Type.Optional(Type.Boolean()),
  },
  { title: "WebhookPatch", additionalProperties: false, minProperties: 1 },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

/** `dead`: every attempt failed, and there is no other until somebody asks for it. */
export const DeliveryState = Type.Enum(["pending", "delivered", "dead"]);

/** Why an attempt failed; nothing that the receiver said is kept. */
export const DeliveryError = Type.Enum([
  "status",
  "gone",
  "timeout",
  "refused-address",
  "unresolved",
  "unreachable",
  "tls",
]);
export type DeliveryError = Static<typeof DeliveryError>;

/** What became of one event at one webhook. */
export const WebhookDelivery = Type.Object(
  {
    /** The event's, and the `webhook-id` of every request that tells of it. */
    id: Id,
    type: EventTypeName,
    occurredAt: Timestamp,
    state: DeliveryState,
    attempts: Type.Integer({ minimum: 0 }),
    /** Null: there is none to come. */
    nextAttemptAt: Nullable(Timestamp),
    lastAttemptAt: Nullable(Timestamp),
    /** Of the last answer; null: there was none. */
    lastStatus: Nullable(Type.Integer()),
    lastError: Nullable(DeliveryError),
  },
  { title: "WebhookDelivery", additionalProperties: false },
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;
