import Type, { type Static } from "typebox";
import { defineRoute } from "../route.ts";
import {
  answersSecret,
  clientRate,
  Id,
  ifMatch,
  json,
  mergePatch,
  Nullable,
  nothing,
  Page,
  pageQuery,
  Timestamp,
  Version,
} from "./common.ts";

/** Programs that ask for tokens with a secret, as tenants administer them. */

const name = Type.String({
  pattern: "^\\S(?:[^\\x00-\\x1f\\x7f]{0,198}\\S)?$",
  description: "1 to 200 characters on one line, without spaces around them",
});

/** Each must be a scope of this API, and one that whoever gives it holds. */
const scopes = Type.Array(Type.String({ pattern: "^[a-z][a-z0-9-]{0,49}:(?:read|write|admin)$" }), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
});

const clientFields = {
  /** The `client_id` at the token endpoint. */
  id: Id,
  name,
  scopes,
  plan: Nullable(Type.String({ description: "Whose quota it has; null: the default. Operators set it" })),
  disabled: Type.Boolean(),
  /** Until when the secret before this one is good; null when there is none. */
  previousSecretExpiresAt: Nullable(Timestamp),
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const ApiClient = Type.Object(clientFields, { title: "ApiClient", additionalProperties: false });
export type ApiClient = Static<typeof ApiClient>;

export const ApiClientWithSecret = Type.Object(
  {
    ...clientFields,
    secret: Type.String({ description: "Shown this once; only a hash of it is kept" }),
  },
  { title: "ApiClientWithSecret", additionalProperties: false },
);
export type ApiClientWithSecret = Static<typeof ApiClientWithSecret>;

export const ApiClientCreate = Type.Object(
  { name, scopes },
  { title: "ApiClientCreate", additionalProperties: false },
);

export const ApiClientUpdate = Type.Object(
  { name: Type.Optional(name), scopes: Type.Optional(scopes), disabled: Type.Optional(Type.Boolean()) },
  { title: "ApiClientUpdate", additionalProperties: false },
);
export type ApiClientUpdate = Static<typeof ApiClientUpdate>;

export const DEFAULT_GRACE_SECONDS = 86_400;

export const SecretRotation = Type.Object(
  {
    gracePeriodSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7 * 86_400,
        description: "How long the old secret stays good beside the new one; a day when left out",
      }),
    ),
  },
  { title: "SecretRotation", additionalProperties: false },
);

const access = { kind: "token", scopes: ["clients:admin"] } as const;
const params = Type.Object({ clientId: Id }, { additionalProperties: false });

export const clients = {
  listClients: defineRoute({
    method: "GET",
    path: "/v1/clients",
    tag: "Clients",
    summary: "List API clients, newest first",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery() },
    responses: { 200: { description: "A page of clients", schema: Page(ApiClient), headers: [] } },
    problems: [],
  }),

  getClient: defineRoute({
    method: "GET",
    path: "/v1/clients/:clientId",
    tag: "Clients",
    summary: "Read one API client",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The client", schema: ApiClient, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createClient: defineRoute({
    method: "POST",
    path: "/v1/clients",
    tag: "Clients",
    summary: "Create an API client; its secret is shown this once",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: answersSecret,
    budgetMs: 5_000,
    request: { ...nothing, body: json(ApiClientCreate, 16_384) },
    responses: {
      201: { description: "Created", schema: ApiClientWithSecret, headers: ["etag", "location"] },
    },
    problems: ["unprocessable"],
  }),

  updateClient: defineRoute({
    method: "PATCH",
    path: "/v1/clients/:clientId",
    tag: "Clients",
    summary: "Rename an API client, change its scopes, disable or enable it",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 5_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(ApiClientUpdate, 16_384) },
    responses: { 200: { description: "The client as it is now", schema: ApiClient, headers: ["etag"] } },
    problems: ["not-found", "precondition-failed", "unprocessable"],
  }),

  rotateClientSecret: defineRoute({
    method: "POST",
    path: "/v1/clients/:clientId/secret",
    tag: "Clients",
    summary: "Give an API client a new secret; the old one stays good for a grace period",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: answersSecret,
    budgetMs: 5_000,
    request: { ...nothing, params, body: json(SecretRotation, 1_024) },
    responses: {
      200: { description: "The client and its new secret", schema: ApiClientWithSecret, headers: ["etag"] },
    },
    problems: ["not-found"],
  }),
};
