import Type, { type TObject, type TSchema } from "typebox";
import { describe, expect, test } from "vitest";
import { breakingChanges } from "#scripts/contract/compare.ts";
import { faultsOf } from "#scripts/contract/judge.ts";
import { contract } from "#shared/contract.ts";
import { openApi } from "#shared/openapi.ts";
import type { Contract, Route } from "#shared/route.ts";

/** What the check of the released contract takes for breaking, and what for an addition. */

type Parts = {
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly answer?: TSchema;
  readonly route?: Partial<Route>;
};

const closed = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

const input = closed({ name: Type.String({ maxLength: 10 }), kind: Type.Optional(Type.Enum(["a", "b"])) });
const answer = closed({
  id: Type.String(),
  state: Type.Enum(["open", "shut"]),
  note: Type.Optional(Type.String()),
  price: Type.Union([closed({ amount: Type.Integer() }), Type.Null()]),
  lines: Type.Array(closed({ sku: Type.String() })),
});
const query = closed({
  sort: Type.Enum(["name", "price"], { default: "name" }),
  q: Type.Optional(Type.String()),
});

/** One route that has everything, or what is given in its place. */
function described(parts: Parts = {}): ReturnType<typeof openApi> {
  const route: Route = {
    ...contract.createProduct,
    method: "POST",
    path: "/v1/things",
    request: {
      ...contract.createProduct.request,
      query: parts.query ?? query,
      body: { kind: "json", mediaType: "application/json", schema: parts.body ?? input, maxBytes: 1_000 },
    },
    responses: { 201: { description: "Made", schema: parts.answer ?? answer, headers: ["etag"] } },
    ...parts.route,
  };
  const { getHealth, deleteProduct } = contract;
  const things: Contract = { createThing: route, getHealth, deleteProduct };
  return openApi(things);
}

const released = described();
const changesTo = (parts: Parts) => breakingChanges(released, described(parts));
const { properties: of } = answer;

test("a contract does not break itself", () => {
  expect(changesTo({})).toEqual([]);
  expect(breakingChanges(openApi(contract), openApi(contract))).toEqual([]);
});

describe("an addition", () => {
  const additions: Record<string, Parts> = {
    "an optional member of the body": {
      body: closed({ ...input.properties, more: Type.Optional(Type.String()) }),
    },
    "an optional parameter": { query: closed({ ...query.properties, more: Type.Optional(Type.String()) }) },
    "a member of the answer": { answer: closed({ ...of, more: Type.String() }) },
    "a member of an item of the answer": {
      answer: closed({ ...of, lines: Type.Array(closed({ sku: Type.String(), more: Type.Integer() })) }),
    },
    "a value that is taken": {
      body: closed({ ...input.properties, kind: Type.Optional(Type.Enum(["a", "b", "c"])) }),
    },
    "a longer text that is taken": {
      body: closed({ ...input.properties, name: Type.String({ maxLength: 20 }) }),
    },
    "null where it was refused": {
      body: closed({ ...input.properties, name: Type.Union([Type.String({ maxLength: 10 }), Type.Null()]) }),
    },
    "a member that need not be sent any more": {
      body: closed({ ...input.properties, name: Type.Optional(Type.String({ maxLength: 10 })) }),
    },
    "a member that is always answered": { answer: closed({ ...of, note: Type.String() }) },
    "fewer scopes": { route: { access: { kind: "token", scopes: [] } } },
    "another problem": { route: { problems: ["conflict", "unprocessable", "precondition-failed"] } },
    "another budget, rate and cache": { route: { budgetMs: 1_000, cache: { kind: "none" } } },
  };
  test.each(Object.entries(additions))("%s passes", (_, parts) => {
    expect(changesTo(parts)).toEqual([]);
  });

  test("a route passes", () => {
    const { getMe, getHealth } = contract;
    expect(breakingChanges(openApi({ getHealth }), openApi({ getHealth, getMe }))).toEqual([]);
  });
});

describe("a break", () => {
  const breaks: Record<string, [Parts, string]> = {
    "a member that has to be sent": [
      { body: closed({ ...input.properties, more: Type.String() }) },
      "request body/more: is required",
    ],
    "a member that has to be sent now": [
      { body: closed({ ...input.properties, kind: Type.Enum(["a", "b"]) }) },
      "request body/kind: is required",
    ],
    "a member that is not taken any more": [
      { body: closed({ name: input.properties.name }) },
      "request body/kind: is not taken",
    ],
    "a value that is not taken any more": [
      { body: closed({ ...input.properties, kind: Type.Optional(Type.Enum(["a"])) }) },
      'request body/kind: "b" is not taken',
    ],
    "a shorter text": [
      { body: closed({ ...input.properties, name: Type.String({ maxLength: 5 }) }) },
      "request body/name: maxLength is 5, of 10",
    ],
    "a pattern": [
      { body: closed({ ...input.properties, name: Type.String({ maxLength: 10, pattern: "^a" }) }) },
      "request body/name: pattern is another",
    ],
    "another type": [
      { body: closed({ ...input.properties, name: Type.Integer() }) },
      "request body/name: string is not taken",
    ],
    "a parameter that is gone": [
      { query: closed({ sort: query.properties.sort }) },
      "request query/q: is gone",
    ],
    "a parameter that has to be given": [
      { query: closed({ ...query.properties, more: Type.String() }) },
      "request query/more: is required",
    ],
    "another default": [
      { query: closed({ ...query.properties, sort: Type.Enum(["name", "price"], { default: "price" }) }) },
      "request query/sort: has another default",
    ],
    "a member that is answered no more": [
      { answer: Type.Omit(answer, ["id"]) },
      "answer 201 /id: is required by clients of before",
    ],
    "an optional member that is answered no more": [
      { answer: Type.Omit(answer, ["note"]) },
      "answer 201 /note: is gone",
    ],
    "a member that may be missing": [
      { answer: closed({ ...of, id: Type.Optional(Type.String()) }) },
      "answer 201 /id: is required by clients of before",
    ],
    "a value that is answered no more": [
      { answer: closed({ ...of, state: Type.Enum(["open"]) }) },
      'answer 201 /state "shut": is gone',
    ],
    "a value that nobody knows": [
      { answer: closed({ ...of, state: Type.Enum(["open", "shut", "ajar"]) }) },
      'answer 201 /state: "ajar" is not taken by clients of before',
    ],
    "a null that was never answered": [
      { answer: closed({ ...of, id: Type.Union([Type.String(), Type.Null()]) }) },
      "answer 201 /id: null is not taken by clients of before",
    ],
    "a fraction where there were whole numbers": [
      { answer: closed({ ...of, price: Type.Union([closed({ amount: Type.Number() }), Type.Null()]) }) },
      "answer 201 /price/amount: is whole by clients of before",
    ],
    "a member of an item that is gone": [
      { answer: closed({ ...of, lines: Type.Array(closed({})) }) },
      "answer 201 /lines/*/sku: is required by clients of before",
    ],
    "another scope": [
      { route: { access: { kind: "token", scopes: ["catalog:admin"] } } },
      'needs other scopes: [{"token":["catalog:admin"]}]',
    ],
    "one scope more": [
      { route: { access: { kind: "token", scopes: ["catalog:write", "catalog:admin"] } } },
      'needs other scopes: [{"token":["catalog:write","catalog:admin"]}]',
    ],
    "another media type": [
      {
        route: {
          request: {
            ...contract.createProduct.request,
            query,
            body: { kind: "json", mediaType: "application/merge-patch+json", schema: input, maxBytes: 1 },
          },
        },
      },
      "request body: application/json is not taken",
    ],
    "a key that has to be sent": [
      { route: { idempotency: { kind: "key", required: true } } },
      "needs an Idempotency-Key",
    ],
    "another status": [
      { route: { responses: { 200: { description: "Made", schema: answer, headers: ["etag"] } } } },
      "answer 201: is gone",
    ],
    "a header that is gone": [
      { route: { responses: { 201: { description: "Made", schema: answer, headers: [] } } } },
      "answer 201 header etag: is gone",
    ],
    "another path": [{ route: { path: "/v1/stuff" } }, "is gone"],
    "another method": [{ route: { method: "PUT" } }, "is gone"],
  };
  test.each(Object.entries(breaks))("%s is found", (_, [parts, change]) => {
    expect(changesTo(parts)).toContain(`POST /v1/things: ${change}`);
  });

  test("another name of the operation is found, since it is a method of clients", () => {
    const { getHealth } = contract;
    expect(breakingChanges(openApi({ getHealth }), openApi({ isWell: getHealth }))).toEqual([
      "GET /health: is another method of clients, isWell",
    ]);
  });

  test("a scope that tokens cannot have any more is found", () => {
    const { getMe, getProduct } = contract;
    const open = { ...getProduct, access: { kind: "token" as const, scopes: [] } };
    expect(breakingChanges(openApi({ getMe, getProduct }), openApi({ getMe, getProduct: open }))).toEqual([
      "scope catalog:read: is gone",
    ]);
  });
});

describe("what is declared", () => {
  const change = "GET /v1/things: is gone";

  test("passes with a reason, and only then", () => {
    expect(faultsOf([change], [])).toEqual([`breaks clients: ${change}`]);
    expect(faultsOf([change], [{ change, reason: "nobody has ever called it" }])).toEqual([]);
    expect(faultsOf([change], [{ change, reason: " " }])).toEqual([`declared without a reason: ${change}`]);
  });

  test("has to be what was done", () => {
    expect(faultsOf([], [{ change, reason: "x" }])).toEqual([`declared, but not made: ${change}`]);
  });
});
