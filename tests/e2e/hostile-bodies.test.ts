import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import type { ProblemDocument } from "#shared/problems.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { headersFor, type Sent, stepsWithBody, unreferred } from "#tests/support/scenario.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/**
 * Every route that takes JSON, products' and all others', is sent what it takes with one value made hostile:
 * each is refused, as what it is, and none is a failure of ours.
 */

type Leaf = readonly (string | number)[];

/** Where texts and numbers stand in a body. */
function leavesOf(value: unknown, at: Leaf = []): { readonly at: Leaf; readonly value: string | number }[] {
  if (typeof value === "string" || typeof value === "number") return [{ at, value }];
  if (typeof value !== "object" || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, [...at, isList ? Number(name) : name]));
}

const PLACE = "here, and nowhere else";

/** The JSON of a body with raw text in the place of one value. */
function withRaw(body: unknown, at: Leaf, raw: string): string {
  const copy = structuredClone(body) as Record<string | number, unknown>;
  let node = copy;
  for (const name of at.slice(0, -1)) node = node[name] as typeof node;
  node[at.at(-1) ?? ""] = PLACE;
  return JSON.stringify(copy).replace(`"${PLACE}"`, () => raw);
}

/** As deep as a body of that size can be, and leave room for the rest of it. */
const deep = (maxBytes: number) => "[".repeat(maxBytes / 4) + "]".repeat(maxBytes / 4);
const TEXTS = ['"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud83d"'];
/** What a double takes for a whole number. */
const ROUNDED = ["4503599627370497.3", "1.00000000000000000001", "1e-400"];
const NUMBERS = ["9007199254740993", "1e999", "-1e999", "0.5", "-9007199254740993", '"1"', ...ROUNDED];

const jsonSteps = stepsWithBody().filter(({ route }) => route.request.body.kind === "json");

describe.each(jsonSteps.map((sent) => [sent.operationId, sent] as const))(
  "%s",
  (_, { route, step }: Sent) => {
    let tenantId: string;
    beforeAll(async () => {
      ({ id: tenantId } = await newTenant());
    });

    // Somebody else each time: attempts at one account are counted.
    const newToken = () => mintToken({ tenantId, scopes: scopesOf(contract), subject: randomUUID() });

    const maxBytes = route.request.body.kind === "none" ? 0 : route.request.body.maxBytes;
    const body = JSON.parse(unreferred(JSON.stringify(step.body)));

    async function refusal(text: string) {
      const headers = { authorization: `Bearer ${await newToken()}`, ...headersFor(route) };
      const answer = await fetch(stack().edgeUrl + unreferred(step.path), {
        method: step.method,
        headers,
        body: text,
      });
      const document = (await answer.json()) as ProblemDocument;
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      return { status: answer.status, code: document.code, said: JSON.stringify(document) };
    }

    it("refuses text that cannot be stored and nesting without end wherever a value stands", async () => {
      for (const { at } of leavesOf(body)) {
        for (const raw of [...TEXTS, deep(maxBytes)]) {
          const { status, said } = await refusal(withRaw(body, at, raw));
          expect([at, raw.slice(0, 20), status, said]).toEqual([at, raw.slice(0, 20), 400, said]);
        }
      }
    });

    it("refuses numbers that are not exact, not whole or none", async () => {
      for (const { at } of leavesOf(body).filter(({ value }) => typeof value === "number")) {
        for (const raw of NUMBERS) {
          const { status, said } = await refusal(withRaw(body, at, raw));
          expect([at, raw, status, said]).toEqual([at, raw, 400, said]);
        }
      }
    });

    it("refuses 10 MB before it has read them", async () => {
      const headers = { authorization: `Bearer ${await newToken()}`, ...headersFor(route) };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const target = `${step.method} ${unreferred(step.path)}`;
      // The rest is never sent.
      const answer = await rawRequest(stack().edgeUrl, target, [...lines, "content-length: 10000000"]);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([413, "payload-too-large"]);
    });

    it("refuses a member that comes twice, on any level, and what is no JSON", async () => {
      const [name = "x"] = Object.keys(body);
      const twice = JSON.stringify(body).replace("{", `{${JSON.stringify(name)}:1,`);
      const nested = `{"${name}":{"a":1,"a":2}}`;
      const given = { status: 400, code: "malformed-body", said: expect.stringContaining("more than once") };
      if (Object.keys(body).length > 0) expect(await refusal(twice)).toEqual(given);
      expect(await refusal(nested)).toEqual(given);
      for (const text of ["", "{", "nul", '{"a":01}', "{'a':1}", '{"a":1,}']) {
        expect(await refusal(text)).toMatchObject({ status: 400, code: "malformed-body" });
      }
    });
  },
);
