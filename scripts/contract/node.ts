import type { Json, JsonObject } from "#shared/openapi-components.ts";

/** A document of OpenAPI, read part by part. */

export type Document = JsonObject;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The part itself, or what it refers to. What is absent is an object without members. */
export function resolve(document: Document, part: Json | undefined): JsonObject {
  if (!isObject(part)) return {};
  const { $ref } = part;
  if (typeof $ref !== "string") return part;
  let found: Json | undefined = document;
  for (const name of $ref.slice(2).split("/")) found = isObject(found) ? found[name] : undefined;
  return resolve(document, found);
}

export function members(part: Json | undefined): readonly (readonly [string, Json])[] {
  return isObject(part) ? Object.entries(part) : [];
}

export function list(part: Json | undefined): readonly Json[] {
  return Array.isArray(part) ? part : [];
}
