import { deprecationHeaders } from "./deprecation.ts";
import { headers as names } from "./headers.ts";
import { headerReferences, type Json, type JsonObject, problemContent } from "./openapi-components.ts";
import { extract, isObject, linesOf, type Schemas } from "./openapi-schemas.ts";
import { type ProblemCode, problems } from "./problems.ts";
import { NDJSON_MEDIA_TYPE, problemsOf, type ResponseContract, type Route } from "./route.ts";

/** What a route answers, as OpenAPI describes it: by status, its own answers and the problems that it may have. */
export function responses(route: Route, schemas: Schemas): JsonObject {
  const byStatus: Record<string, JsonObject> = {};
  for (const [status, response] of Object.entries(route.responses)) {
    byStatus[status] = {
      description: response.description,
      headers: headerReferences(successHeaders(route, response)),
      ...contentOf(response, schemas),
    };
  }
  for (const [status, codes] of problemsByStatus(route)) {
    const own = byStatus[status];
    const titles = codes.map((code) => problems[code].title);
    byStatus[status] = {
      description: [own?.["description"] ?? [], ...titles].flat().join("; "),
      headers: { ...asObject(own?.["headers"]), ...headerReferences(problemHeaders(status)) },
      content: { ...asObject(own?.["content"]), ...problemContent(codes) },
    };
  }
  return byStatus;
}

function contentOf({ schema, line }: ResponseContract, schemas: Schemas): JsonObject {
  if (line !== undefined) return { content: { [NDJSON_MEDIA_TYPE]: { schema: linesOf(line, schemas) } } };
  return schema === null ? {} : { content: { "application/json": { schema: extract(schema, schemas) } } };
}

function problemsByStatus(route: Route): ReadonlyMap<number, ProblemCode[]> {
  return Map.groupBy(problemsOf(route), (code) => problems[code].status);
}

const EVERYWHERE = [names.requestId, names.correlationId];
const LIMITS = [
  names.rateLimit,
  names.rateLimitPolicy,
  names.rateLimitLimit,
  names.rateLimitRemaining,
  names.rateLimitReset,
];

function successHeaders(route: Route, response: ResponseContract): string[] {
  const going = Object.keys(deprecationHeaders(route));
  const cache = route.cache.kind === "shared" ? [names.cacheStatus] : [];
  const replay = route.idempotency.kind === "key" ? [names.idempotencyReplayed] : [];
  return [...response.headers, ...EVERYWHERE, ...LIMITS, ...cache, ...replay, ...going];
}

function problemHeaders(status: number): string[] {
  const limits = status === 429 ? LIMITS : [];
  const wait = status === 429 || status >= 500 ? ["retry-after"] : [];
  const challenge = status === 401 ? ["www-authenticate"] : [];
  return [...EVERYWHERE, ...limits, ...wait, ...challenge];
}

/** Every header that some answer of the route has. */
export function allResponseHeaders(route: Route): string[] {
  const ok = Object.values(route.responses).flatMap((response) => successHeaders(route, response));
  return [...ok, ...[...problemsByStatus(route).keys()].flatMap(problemHeaders)];
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? (value as JsonObject) : {};
}
