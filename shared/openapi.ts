import type { TObject } from "typebox";
import { scopesOf } from "./contract.ts";
import {
  type CommonParameter,
  fixedComponents,
  type Json,
  type JsonObject,
  reference,
} from "./openapi-components.ts";
import { allResponseHeaders, responses } from "./openapi-responses.ts";
import { extract, linesOf, type Schemas } from "./openapi-schemas.ts";
import { access } from "./resources/access.ts";
import { type BodyContract, type Contract, mediaTypeOf, problemsOf, type Route } from "./route.ts";

export type OpenApiDocument = { readonly openapi: string } & JsonObject;

/**
 * Describes a contract as OpenAPI 3.1. Schemas with a `title` become components of that name.
 * @param serverUrl where the API is, absolute or relative to the document; no trailing slash
 */
export function openApi(contract: Contract, { serverUrl = "" } = {}): OpenApiDocument {
  const routes = Object.entries(contract);
  const schemas: Schemas = new Map();
  const paths: Record<string, Record<string, Json>> = {};
  for (const [operationId, route] of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(operationId, route, schemas);
  }
  const fixed = fixedComponents({
    problems: routes.flatMap(([, route]) => problemsOf(route)),
    headers: routes.flatMap(([, route]) => allResponseHeaders(route)),
    parameters: routes.flatMap(([, route]) => commonParametersOf(route)),
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Gatehouse",
      version: "1",
      description: "An edge-first API. Every refusal is a problem document (RFC 9457).",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: serverUrl || "/" }],
    tags: [...new Set(routes.map(([, { tag }]) => tag))].map((name) => ({ name, description: name })),
    paths,
    components: {
      ...fixed,
      schemas: { ...fixed.schemas, ...Object.fromEntries(schemas) },
      securitySchemes: securitySchemes(contract, serverUrl),
    },
  };
}

function operation(operationId: string, route: Route, schemas: Schemas): JsonObject {
  const { request } = route;
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...deprecationOf(route),
    security: security(route),
    parameters: [
      ...parameters("path", request.params, schemas),
      ...parameters("query", request.query, schemas),
      ...parameters("header", request.headers, schemas),
      ...commonParametersOf(route).map((name) => reference("parameters", name)),
    ],
    ...(request.body.kind === "none" ? {} : { requestBody: requestBody(request.body, schemas) }),
    responses: responses(route, schemas),
    "x-gatehouse-budget-ms": route.budgetMs,
    "x-gatehouse-rate": route.rate,
    "x-gatehouse-cache": route.cache,
    "x-gatehouse-idempotency": route.idempotency,
  };
}

function deprecationOf({ deprecation }: Route): JsonObject {
  if (deprecation === undefined) return {};
  const { since, sunset, successor, guide } = deprecation;
  return { deprecated: true, "x-gatehouse-deprecation": { since, sunset, successor, guide } };
}

function commonParametersOf({ idempotency }: Route): CommonParameter[] {
  const ids = ["requestId", "correlationId"] as const;
  if (idempotency.kind !== "key") return [...ids];
  return [...ids, idempotency.required ? "requiredIdempotencyKey" : "idempotencyKey"];
}

function security(route: Route): Json {
  if (route.access.kind === "token") return [{ token: route.access.scopes }];
  return takesCredentials(route) ? [{ client: [] }, {}] : [];
}

// A public route that reads `Authorization` itself takes a client's credentials (RFC 6749 §2.3.1).
function takesCredentials({ access, request }: Route): boolean {
  return access.kind === "public" && "authorization" in request.headers.properties;
}

function securitySchemes(contract: Contract, serverUrl: string): JsonObject {
  const routes = Object.values(contract);
  const scopes = scopesOf(contract).map((scope) => [scope, scope.split(":").reverse().join(" ")]);
  const token = {
    type: "oauth2",
    description: "A bearer token: a JWT access token (RFC 9068)",
    flows: {
      clientCredentials: {
        tokenUrl: `${serverUrl}${access.issueToken.path}`,
        scopes: Object.fromEntries(scopes),
      },
    },
  };
  const client = { type: "http", scheme: "basic", description: "A client's id and secret" };
  return {
    ...(routes.some(({ access }) => access.kind === "token") && { token }),
    ...(routes.some(takesCredentials) && { client }),
  };
}

/** `Authorization` is left out: OpenAPI 3.1 §4.8.12.1 has `security` for it. */
function parameters(place: string, schema: TObject, schemas: Schemas): Json[] {
  const required = new Set<string>(schema.required);
  return Object.entries(schema.properties)
    .filter(([name]) => name !== "authorization")
    .map(([name, property]) => ({
      name,
      in: place,
      required: required.has(name) && !("default" in property),
      // Lists are separated by commas (OpenAPI 3.1 §4.8.12.3).
      ...("type" in property && property.type === "array" && { explode: false }),
      schema: extract(property, schemas),
    }));
}

function requestBody(body: Exclude<BodyContract, { kind: "none" }>, schemas: Schemas): JsonObject {
  const schema = body.kind === "ndjson" ? linesOf(body.line, schemas) : extract(body.schema, schemas);
  return {
    required: true,
    description:
      body.kind === "ndjson"
        ? `One JSON object a line, each as \`contentSchema\` says; at most ${body.maxBytes} bytes`
        : `At most ${body.maxBytes} bytes`,
    content: { [mediaTypeOf(body)]: { schema } },
  };
}
