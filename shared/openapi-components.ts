import { headers as names } from "./headers.ts";
import { PROBLEM_MEDIA_TYPE, type ProblemCode, problemDocument, problems } from "./problems.ts";

/** The parts of the OpenAPI document that many operations share. */

/** A node of the document. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = { readonly [member: string]: Json };

const codes = Object.keys(problems) as ProblemCode[];

const text = { type: "string" } as const;
const integer = { type: "integer" } as const;

const responseHeaders: Readonly<Record<string, JsonObject>> = {
  [names.requestId]: { description: "Names the request in every log line about it", schema: text },
  [names.correlationId]: { description: "The caller's own id, or the request id", schema: text },
  [names.rateLimit]: { description: 'What is left of the quota: `"default";r=50;t=30`', schema: text },
  [names.rateLimitPolicy]: { description: 'The quota: `"default";q=100;w=60`, in seconds', schema: text },
  [names.rateLimitLimit]: { description: "Units of the quota per window", schema: integer },
  [names.rateLimitRemaining]: { description: "Units left in this window", schema: integer },
  [names.rateLimitReset]: { description: "Seconds until the window ends", schema: integer },
  [names.cacheStatus]: { description: "How the cache took part (RFC 9211)", schema: text },
  [names.idempotencyReplayed]: {
    description: "`true`: the stored answer of the first request",
    schema: text,
  },
  etag: { description: "The version of the resource, for `If-Match`", schema: text },
  location: { description: "Where the new resource is", schema: { type: "string", format: "uri-reference" } },
  deprecation: { description: "Since when the operation is deprecated (RFC 9745)", schema: text },
  sunset: { description: "When the operation will be gone (RFC 8594)", schema: text },
  link: { description: "What to use instead", schema: text },
  allow: { description: "The methods that the path has", schema: text },
  "retry-after": { description: "Seconds to wait before a retry", schema: integer },
  "www-authenticate": { description: "How to authenticate (RFC 6750 §3)", schema: text },
};

const HARMLESS = "Makes a repetition of the request harmless for 24 hours";

/** Request headers that are honoured on every route, or by a policy; the routes do not declare them. */
const commonParameters = {
  requestId: header(names.requestId, "An id of your own for this request; must be new each time"),
  correlationId: header(names.correlationId, "An id that several requests share; echoed"),
  idempotencyKey: header(names.idempotencyKey, HARMLESS),
  requiredIdempotencyKey: { ...header(names.idempotencyKey, HARMLESS), required: true },
} as const;

export type CommonParameter = keyof typeof commonParameters;

function header(name: string, description: string): JsonObject {
  return { name, in: "header", required: false, description, schema: { ...text, maxLength: 255 } };
}

/** References to response headers by name. */
export function headerReferences(wanted: readonly string[]): JsonObject {
  return Object.fromEntries(
    wanted.map((name) => [
      name,
      name in responseHeaders ? reference("headers", name) : { schema: { type: "string" } },
    ]),
  );
}

/** What an answer with one of the problems looks like; all of them have the same status. */
export function problemContent(some: readonly ProblemCode[]): JsonObject {
  return {
    [PROBLEM_MEDIA_TYPE]: {
      schema: {
        allOf: [reference("schemas", "Problem"), { type: "object", properties: { code: { enum: some } } }],
      },
      examples: Object.fromEntries(some.map((code) => [code, reference("examples", code)])),
    },
  };
}

export function reference(kind: string, name: string): JsonObject {
  return { $ref: `#/components/${kind}/${name}` };
}

type Used = {
  readonly problems: readonly ProblemCode[];
  readonly headers: readonly string[];
  readonly parameters: readonly CommonParameter[];
};

/** The components that do not depend on the contract, as far as some route uses them. */
export function fixedComponents(used: Used) {
  return {
    schemas: { Problem: problemSchema, Violation: violationSchema },
    parameters: Object.fromEntries(used.parameters.map((name) => [name, commonParameters[name]])),
    headers: Object.fromEntries(
      Object.entries(responseHeaders).filter(([name]) => used.headers.includes(name)),
    ),
    examples: Object.fromEntries(
      codes.filter((code) => used.problems.includes(code)).map((code) => [code, example(code)]),
    ),
  };
}

function example(code: ProblemCode): JsonObject {
  const { type, title, status } = problemDocument(code, "");
  return {
    summary: problems[code].when,
    value: { type, title, status, code, requestId: "0199b7c2-5b7e-7c3a-9d52-0e6f3c1a2b4d" },
  };
}

const violationSchema: JsonObject = {
  type: "object",
  description: "One broken rule, at one place of the request",
  required: ["in", "pointer", "rule", "detail"],
  properties: {
    in: { enum: ["path", "query", "header", "body"] },
    pointer: { type: "string", description: "A JSON Pointer (RFC 6901) from the part that `in` names" },
    rule: { type: "string", description: "A JSON Schema keyword where there is one" },
    detail: text,
  },
};

const problemSchema: JsonObject = {
  type: "object",
  description: "A problem document (RFC 9457); branch on `code`",
  required: ["type", "title", "status", "code", "requestId"],
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: text,
    status: integer,
    code: { enum: codes },
    requestId: text,
    detail: text,
    errors: { type: "array", items: { $ref: "#/components/schemas/Violation" } },
  },
  additionalProperties: true,
};
