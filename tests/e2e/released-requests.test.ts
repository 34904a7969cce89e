import { Compile } from "typebox/compile";
import { beforeAll, describe, expect, it } from "vitest";
import { readRecorded, readReleased } from "#scripts/contract/files.ts";
import { isObject, list, members, resolve } from "#scripts/contract/node.ts";
import { type Answered, play } from "#scripts/contract/recorded.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import type { Json } from "#shared/openapi-components.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/**
 * What clients of the released contract send, replayed: `npm run contract -- release` recorded it. Every
 * answer has the status that it had, and a body as the released contract describes it, more members aside.
 */

const released = readReleased();
const recorded = readRecorded();

describe.skipIf(released === null)("the requests of the released contract", () => {
  const answers = new Map<string, Answered>();

  beforeAll(async () => {
    const tenant = await newTenant();
    const who = {
      tenantId: tenant.id,
      scopes: scopesOf(contract),
      subject: "recorder",
      clientId: "recorder",
    };
    const where = { url: stack().edgeUrl, token: await mintToken(who), tenant };
    const steps = recorded.map(({ request }) => request);
    for await (const answer of play(steps, where)) answers.set(answer.step.name, answer);
  });

  it("call every route that it has", () => {
    const called = new Set(recorded.map(({ request }) => request.operationId));
    const missing = operations().filter(({ operationId }) => !called.has(String(operationId)));
    expect(missing).toEqual([]);
  });

  it.each(recorded.map((one) => [one.request.name, one] as const))(
    "%s is answered as it was",
    (name, one) => {
      const answer = answers.get(name);
      expect([answer?.status, answer?.status === one.status ? null : answer?.body]).toEqual([
        one.status,
        null,
      ]);
      const schema = schemaOf(one.request.operationId, one.status);
      if (schema === null) return;
      const check = Compile(schema);
      expect(check.Errors(answer?.body)).toEqual([]);
    },
  );
});

function operations() {
  return members(released?.["paths"]).flatMap(([, item]) =>
    members(item).map(([, operation]) => resolve({}, operation)),
  );
}

/** Of a JSON answer, with its references resolved; null when there is none. */
function schemaOf(operationId: string, status: number): Record<string, Json> | null {
  const operation = operations().find((one) => one["operationId"] === operationId);
  const answer = resolve({}, resolve({}, operation?.["responses"])[String(status)]);
  const content = resolve({}, answer["content"])["application/json"];
  return isObject(content) ? (opened(content["schema"]) as Record<string, Json>) : null;
}

/** A schema as clients read it: in one piece, and open to members that were not there yet. */
function opened(schema: Json | undefined): Json {
  if (Array.isArray(schema)) return list(schema).map(opened);
  if (!isObject(schema)) return schema ?? {};
  const whole = resolve(released ?? {}, schema);
  const parts = members(whole).filter(([name, value]) => name !== "additionalProperties" || value !== false);
  return Object.fromEntries(parts.map(([name, value]) => [name, opened(value)]));
}
