import Type from "typebox";
import { defineRoute } from "../route.ts";
import { SecretRotation } from "./clients.ts";
import {
  answersSecret,
  clientRate,
  Id,
  ifMatch,
  json,
  mergePatch,
  nothing,
  onceByIfMatch,
  Page,
  pageQuery,
} from "./common.ts";
import { Webhook, WebhookCreate, WebhookPatch, WebhookWithSecret } from "./webhook-schemas.ts";

/** Where a tenant has its events sent to (docs/webhooks.md). */

const access = { kind: "token", scopes: ["webhooks:admin"] } as const;
const params = Type.Object({ webhookId: Id }, { additionalProperties: false });

export const webhooks = {
  listWebhooks: defineRoute({
    method: "GET",
    path: "/v1/webhooks",
    tag: "Webhooks",
    summary: "List webhooks, newest first",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery() },
    responses: { 200: { description: "A page of webhooks", schema: Page(Webhook), headers: [] } },
    problems: [],
  }),

  getWebhook: defineRoute({
    method: "GET",
    path: "/v1/webhooks/:webhookId",
    tag: "Webhooks",
    summary: "Read one webhook",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The webhook", schema: Webhook, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createWebhook: defineRoute({
    method: "POST",
    path: "/v1/webhooks",
    tag: "Webhooks",
    summary: "Have events sent to a URL; the secret that signs them is shown this once",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: answersSecret,
    budgetMs: 10_000,
    request: { ...nothing, body: json(WebhookCreate, 16_384) },
    responses: {
      201: { description: "Created", schema: WebhookWithSecret, headers: ["etag", "location"] },
    },
    problems: ["conflict", "unprocessable"],
  }),

  updateWebhook: defineRoute({
    method: "PATCH",
    path: "/v1/webhooks/:webhookId",
    tag: "Webhooks",
    summary: "Change a webhook, disable or enable it",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: onceByIfMatch,
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(WebhookPatch, 16_384) },
    responses: { 200: { description: "The webhook as it is now", schema: Webhook, headers: ["etag"] } },
    problems: ["not-found", "precondition-failed", "precondition-required", "unprocessable"],
  }),

  deleteWebhook: defineRoute({
    method: "DELETE",
    path: "/v1/webhooks/:webhookId",
    tag: "Webhooks",
    summary: "Delete a webhook and what is known of its deliveries",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 204: { description: "Deleted", schema: null, headers: [] } },
    problems: ["not-found", "precondition-failed"],
  }),

  rotateWebhookSecret: defineRoute({
    method: "POST",
    path: "/v1/webhooks/:webhookId/secret",
    tag: "Webhooks",
    summary: "Give a webhook a new secret; the old one signs beside it for a grace period",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: answersSecret,
    budgetMs: 5_000,
    request: { ...nothing, params, body: json(SecretRotation, 1_024) },
    responses: {
      200: { description: "The webhook and its new secret", schema: WebhookWithSecret, headers: ["etag"] },
    },
    problems: ["not-found"],
  }),
};
