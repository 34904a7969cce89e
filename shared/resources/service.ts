import Type from "typebox";
import type { CachePolicy } from "../policy.ts";
import { defineRoute } from "../route.ts";
import { addressRate, nothing } from "./common.ts";

/** The service about itself: its health, its description, its errors. */

/** What the edge found of each thing that it relies on, when it last had to do with it. */
export const HealthChecks = Type.Object(
  {
    /** One of the origins answers. */
    origin: Type.Boolean(),
    redis: Type.Boolean(),
    /** The keys are known that tokens are checked with. */
    keys: Type.Boolean(),
    /** Quotas are counted for all edges together. */
    quotas: Type.Boolean(),
    /** The edge learns of writes. */
    versions: Type.Boolean(),
  },
  { title: "HealthChecks", additionalProperties: false },
);

export const Health = Type.Object(
  {
    status: Type.Enum(["ok", "degraded"]),
    checks: HealthChecks,
    /** The circuit breaker of each origin, in the order in which they are configured. */
    origins: Type.Array(Type.Object({ breaker: Type.Enum(["closed", "half-open", "open"]) })),
  },
  { title: "Health", additionalProperties: false },
);

/** What a problem's `type` means. */
export const ProblemType = Type.Object(
  {
    type: Type.String(),
    code: Type.String(),
    status: Type.Integer(),
    title: Type.String(),
    when: Type.String(),
  },
  { title: "ProblemType", additionalProperties: false },
);

const rate = addressRate("anonymous");

const description = {
  kind: "shared",
  partition: "everyone",
  shows: { kind: "static" },
  maxAgeSeconds: 60,
  staleWhileRevalidateSeconds: 60,
  staleIfErrorSeconds: 86_400,
  blindMaxAgeSeconds: 60,
  notFoundMaxAgeSeconds: 5,
} as const satisfies CachePolicy;

export const service = {
  getHealth: defineRoute({
    method: "GET",
    path: "/health",
    tag: "Service",
    summary: "Whether the edge can serve",
    servedBy: "edge",
    access: { kind: "public" },
    rate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 2_000,
    request: nothing,
    responses: {
      200: { description: "It can", schema: Health, headers: [] },
    },
    problems: [],
  }),

  getOpenApi: defineRoute({
    method: "GET",
    path: "/openapi.json",
    tag: "Service",
    summary: "This API as OpenAPI 3.1",
    servedBy: "origin",
    access: { kind: "public" },
    rate,
    cache: description,
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: nothing,
    responses: {
      200: {
        description: "An OpenAPI document",
        schema: Type.Object({ openapi: Type.String() }, { additionalProperties: true }),
        headers: [],
      },
    },
    problems: [],
  }),

  getProblemType: defineRoute({
    method: "GET",
    path: "/problems/:code",
    tag: "Service",
    summary: "What a problem's type means",
    servedBy: "origin",
    access: { kind: "public" },
    rate,
    cache: description,
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      params: Type.Object(
        { code: Type.String({ pattern: "^[a-z-]{1,64}$" }) },
        { additionalProperties: false },
      ),
    },
    responses: { 200: { description: "The problem type", schema: ProblemType, headers: [] } },
    problems: ["not-found"],
  }),
};
