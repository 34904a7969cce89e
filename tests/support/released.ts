import { Compile } from "typebox/compile";
import { expect } from "vitest";
import { readReleased } from "#scripts/contract/files.ts";
import { isObject, list, members, resolve } from "#scripts/contract/node.ts";
import type { Answered, Recorded } from "#scripts/contract/recorded.ts";
import { KEPT } from "#shared/fields.ts";
import type { Json, JsonObject } from "#shared/openapi-components.ts";

/** What the released contract says of answers. */

const released = readReleased() ?? {};

/** Expects the status that a request was answered with when it was recorded, and a body as the contract describes it. */
export function expectAsRecorded({ request, status }: Recorded, answer: Answered | undefined): void {
  expect([answer?.status, answer?.status === status ? null : answer?.body]).toEqual([status, null]);
  const schema = schemaOf(request.operationId, status);
  if (schema === null) return;
  // Of what was asked for in part, there is the part.
  const asked = /[?&]fields=/.test(request.path) ? sparse(schema) : schema;
  expect(Compile(asked).Errors(answer?.body)).toEqual([]);
}

/** Every operation of the released contract. */
export function operations(): JsonObject[] {
  return members(released["paths"]).flatMap(([, item]) =>
    members(item).map(([, operation]) => resolve({}, operation)),
  );
}

type Schema = Record<string, Json>;

/** Of a JSON answer, with its references resolved; null when there is none. */
function schemaOf(operationId: string, status: number): Schema | null {
  const operation = operations().find((one) => one["operationId"] === operationId);
  const answer = resolve({}, resolve({}, operation?.["responses"])[String(status)]);
  const content = resolve({}, answer["content"])["application/json"];
  return isObject(content) ? (opened(content["schema"]) as Schema) : null;
}

/** A schema as clients read it: in one piece, and open to members that were not there yet. */
function opened(schema: Json | undefined): Json {
  if (Array.isArray(schema)) return list(schema).map(opened);
  if (!isObject(schema)) return schema ?? {};
  const whole = resolve(released, schema);
  const parts = members(whole).filter(([name, value]) => name !== "additionalProperties" || value !== false);
  return Object.fromEntries(parts.map(([name, value]) => [name, opened(value)]));
}

function sparse(schema: Schema): Schema {
  return JSON.parse(
    JSON.stringify(schema, (name, value: unknown) =>
      name === "required" && Array.isArray(value)
        ? value.filter((one) => one === KEPT || one === "data")
        : value,
    ),
  );
}
