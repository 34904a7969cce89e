import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Id, nothing, Page, pageQuery } from "./common.ts";
import { DeliveryState, WebhookDelivery } from "./webhook-schemas.ts";

/** What became of events at a webhook, the dead letters among them. */

const access = { kind: "token", scopes: ["webhooks:admin"] } as const;
const params = Type.Object({ webhookId: Id }, { additionalProperties: false });

export const webhookDeliveries = {
  listWebhookDeliveries: defineRoute({
    method: "GET",
    path: "/v1/webhooks/:webhookId/deliveries",
    tag: "Webhooks",
    summary:
      "List the deliveries of the last 30 days, newest event first; `state=dead` lists what was given up",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params, query: pageQuery({ state: Type.Optional(DeliveryState) }) },
    responses: { 200: { description: "A page of deliveries", schema: Page(WebhookDelivery), headers: [] } },
    problems: ["not-found"],
  }),

  redeliverWebhook: defineRoute({
    method: "POST",
    path: "/v1/webhooks/:webhookId/deliveries/:eventId/redeliver",
    tag: "Webhooks",
    summary: "Send an event again that was delivered or given up",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 5_000,
    request: {
      ...nothing,
      params: Type.Object({ webhookId: Id, eventId: Id }, { additionalProperties: false }),
    },
    responses: { 202: { description: "It will be sent", schema: WebhookDelivery, headers: [] } },
    problems: ["not-found", "conflict"],
  }),

  testWebhook: defineRoute({
    method: "POST",
    path: "/v1/webhooks/:webhookId/test",
    tag: "Webhooks",
    summary: "Send a `webhook.test` event to a webhook",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 202: { description: "It will be sent", schema: WebhookDelivery, headers: [] } },
    problems: ["not-found", "conflict"],
  }),
};
