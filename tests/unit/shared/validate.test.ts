import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contract } from "#shared/contract.ts";
import { Problem } from "#shared/problems.ts";
import { compileRoute } from "#shared/validate.ts";

const list = compileRoute(contract.listProducts);
const get = compileRoute(contract.getProduct);
const create = compileRoute(contract.createProduct);
const update = compileRoute(contract.updateProduct);
const token = compileRoute(contract.issueToken);
const lamp = { sku: "A-1", name: "Lamp" };

const rulesOf = (violations: readonly { in: string; pointer: string; rule: string }[]) =>
  violations.map(({ in: place, pointer, rule }) => `${place} ${pointer} ${rule}`);

describe("parameters", () => {
  test("name place, pointer and rule of each violation", () => {
    expect(rulesOf(list.query([["pageSize", "101"]]).violations)).toEqual(["query /pageSize maximum"]);
    expect(rulesOf(list.query([["pageSize", "0"]]).violations)).toEqual(["query /pageSize minimum"]);
    expect(rulesOf(list.query([["status", "gone"]]).violations)).toEqual(["query /status enum"]);
    expect(rulesOf(get.params([["productId", "1"]]).violations)).toEqual(["path /productId pattern"]);
    expect(rulesOf(get.params([]).violations)).toEqual(["path /productId required"]);
  });

  test("say which values an enumeration has", () => {
    expect(list.query([["status", "gone"]]).violations[0]?.detail).toBe(
      "must be one of: draft, active, archived",
    );
  });

  test("undeclared headers are ignored, declared ones are checked", () => {
    expect(update.headers(new Headers([["x-other", "1"]]))).toEqual({ values: {}, violations: [] });
    expect(update.headers(new Headers([["if-match", '"7"']])).values).toEqual({ "if-match": '"7"' });
    expect(rulesOf(update.headers(new Headers([["if-match", "7"]])).violations)).toEqual([
      "header /if-match pattern",
    ]);
    expect(rulesOf(update.headers(new Headers([["if-match", '"7", "8"']])).violations)).toEqual([
      "header /if-match pattern",
    ]);
  });
});

describe("bodies", () => {
  test("a valid body has no violations", () => {
    expect(create.body({ ...lamp, price: { amountMinor: 1299, currency: "USD" }, brand: null })).toEqual([]);
  });

  test("each broken member is named", () => {
    const broken = { name: "", price: { amountMinor: 1.5, currency: "XXX" }, colour: "red" };
    expect(rulesOf(create.body(broken)).sort()).toEqual(
      [
        "body /sku required",
        "body /colour additionalProperties",
        "body /name minLength",
        "body /price/amountMinor type",
        "body /price/currency enum",
      ].sort(),
    );
  });

  test.each([[null], [[]], ["text"], [1], [true]])("%j is not an object", (body) => {
    expect(rulesOf(create.body(body))).toContain("body  type");
  });

  test("text that cannot be stored is refused wherever it is, in names too", () => {
    expect(rulesOf(create.body({ ...lamp, name: "a\0b" }))).toEqual(["body /name text"]);
    expect(rulesOf(create.body({ ...lamp, attributes: { a: "\ud800" } }))).toEqual([
      "body /attributes/a text",
    ]);
    expect(rulesOf(create.body({ ...lamp, attributes: { "\0": "a" } }))).toEqual(["body /attributes text"]);
  });

  test("nesting beyond reason is refused instead of overflowing the stack", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(create.body(deep).map(({ rule }) => rule)).toEqual(["depth"]);
  });

  test("members named like those of Object.prototype are members", () => {
    const body: unknown = JSON.parse('{"sku":"A-1","name":"Lamp","__proto__":{"admin":true}}');
    expect(rulesOf(create.body(body))).toEqual(["body /__proto__ additionalProperties"]);
    const attributes: unknown = JSON.parse('{"__proto__":"a","constructor":"b"}');
    expect(create.body({ ...lamp, attributes })).toEqual([]);
  });

  test("any JSON value is either valid or has violations; nothing throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(create.body(body).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("body headers", () => {
  const refusal = (headers: Record<string, string>, validators = create) => {
    try {
      validators.bodyHeaders(new Headers(headers));
      return null;
    } catch (error) {
      return error instanceof Problem ? error.code : error;
    }
  };

  test.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json;",
  ])("take %s", (type) => expect(refusal({ "content-type": type })).toBeNull());

  test.each([
    "",
    "text/plain",
    "application/jsonx",
    "application/merge-patch+json",
    "application/json; charset=latin1",
    "application/json, text/plain",
  ])("refuse %j", (type) => expect(refusal({ "content-type": type })).toBe("unsupported-media-type"));

  test("refuse a stated length above the limit, and take the limit itself", () => {
    const { maxBytes } = contract.createProduct.request.body;
    const type = { "content-type": "application/json" };
    expect(refusal({ ...type, "content-length": String(maxBytes) })).toBeNull();
    expect(refusal({ ...type, "content-length": String(maxBytes + 1) })).toBe("payload-too-large");
  });

  test("ask for the media type of the route", () => {
    expect(refusal({ "content-type": "application/merge-patch+json" }, update)).toBeNull();
    expect(refusal({ "content-type": "application/x-www-form-urlencoded" }, token)).toBeNull();
    expect(refusal({ "content-type": "application/json" }, update)).toBe("unsupported-media-type");
    expect(refusal({}, list)).toBeNull();
  });
});
