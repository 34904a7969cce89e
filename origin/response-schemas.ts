import { cutSchema, isSparse } from "#shared/fields.ts";
import type { Route } from "#shared/route.ts";

/** The part of JSON Schema that says what to write, as opposed to what to accept. */
export type JsonSchema = {
  readonly type?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
};

/**
 * The schemas that fast-json-stringify compiles a route's serialisers from. What a schema does not
 * name is not sent.
 */
export function responseSchemas(route: Route): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const [status, { schema }] of Object.entries(route.responses)) {
    if (schema !== null) schemas[status] = simplify(isSparse(route) ? cutSchema(schema) : schema);
  }
  return schemas;
}

/** The same for the lines of answers that are streams of them. */
export function lineSchemas({ responses }: Route): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const [status, { line }] of Object.entries(responses)) {
    if (line !== undefined) schemas[status] = simplify(line);
  }
  return schemas;
}

/**
 * Rewrites `anyOf: [schema, null]` as `nullable` and enumerations of text as text. Otherwise
 * fast-json-stringify would validate each value against each branch to find out which one it is.
 */
function simplify(schema: JsonSchema): JsonSchema & { readonly nullable?: true } {
  const [first, second] = schema.anyOf ?? [];
  if (first !== undefined && schema.anyOf?.length === 2 && second?.type === "null") {
    return { ...simplify(first), nullable: true };
  }
  if (schema.enum?.every((value) => typeof value === "string")) return { type: "string" };
  return {
    ...schema,
    ...(schema.items && { items: simplify(schema.items) }),
    ...(schema.properties && { properties: simplifyAll(schema.properties) }),
  };
}

function simplifyAll(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, simplify(schema)]));
}
