import type { TSchema } from "typebox";
import { type Json, type JsonObject, reference } from "./openapi-components.ts";
import { NDJSON_MEDIA_TYPE } from "./route.ts";

/** The schemas of the OpenAPI document: by their titles, each described once. */
export type Schemas = Map<string, Json>;

/** Copies a schema, with every part that has a title replaced by a reference to a component. */
export function extract(schema: TSchema, schemas: Schemas): Json {
  const convert = (value: unknown): Json => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isObject(value)) return value as Json;
    const copy = () => Object.fromEntries(Object.entries(value).map(([k, v]) => [k, convert(v)]));
    const { title } = value;
    if (typeof title !== "string") return copy();
    if (!schemas.has(title)) schemas.set(title, copy());
    return reference("schemas", title);
  };
  return convert(schema);
}

/** A body of lines, each as a schema says. */
export function linesOf(line: TSchema, schemas: Schemas): JsonObject {
  return {
    type: "string",
    contentMediaType: NDJSON_MEDIA_TYPE,
    contentSchema: extract(line, schemas),
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
