import fc from "fast-check";
import Type from "typebox";
import { describe, expect, test } from "vitest";
import { canonicalQuery, coerce, parseQuery, pointerTo } from "#shared/coerce.ts";
import { Fields } from "#shared/fields.ts";

const schema = Type.Object(
  {
    pageSize: Type.Integer({ minimum: 1, default: 20 }),
    inStock: Type.Optional(Type.Boolean()),
    q: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

const coerceQuery = (search: string) => coerce("query", schema, parseQuery(search));
const rules = (search: string) =>
  coerceQuery(search).violations.map(({ pointer, rule }) => `${pointer} ${rule}`);

describe("coerce", () => {
  test("fills in defaults", () => {
    expect(coerceQuery("")).toEqual({ values: { pageSize: 20 }, violations: [] });
  });

  test.each([
    ["pageSize=10&inStock=true&q=a", { pageSize: 10, inStock: true, q: "a" }],
    ["inStock=false&q=", { pageSize: 20, inStock: false, q: "" }],
    ["pageSize=-3", { pageSize: -3 }],
    ["pageSize=0", { pageSize: 0 }],
    ["pageSize=9007199254740991", { pageSize: Number.MAX_SAFE_INTEGER }],
    ["q=true", { pageSize: 20, q: "true" }],
  ])("reads %s", (search, values) => {
    expect(coerceQuery(search)).toEqual({ values, violations: [] });
  });

  test.each([
    "",
    "5.7",
    "5.0",
    "1e3",
    "0x10",
    " 5",
    "5 ",
    "+5",
    "007",
    "-0",
    "Infinity",
    "NaN",
    "٥",
    "9007199254740993",
  ])("refuses %j as an integer", (text) =>
    expect(rules(`pageSize=${encodeURIComponent(text)}`)).toEqual(["/pageSize type"]),
  );

  test.each(["", "1", "0", "TRUE", "yes", "null"])("refuses %j as a boolean", (text) => {
    expect(rules(`inStock=${text}`)).toEqual(["/inStock type"]);
  });

  test.each(["%00", "a%00b", "%ff", "%", "%e0%80%80", "%ed%a0%80"])("refuses %s as text", (text) => {
    expect(rules(`q=${text}`)).toEqual(["/q type"]);
  });

  test("refuses unknown names, those of Object.prototype too, and repetitions", () => {
    expect(rules("x=1&__proto__=1&constructor=1&toString=1&q=a&q=a")).toEqual([
      "/x unknown",
      "/__proto__ unknown",
      "/constructor unknown",
      "/toString unknown",
      "/q repeated",
    ]);
  });

  test("an unknown name has no effect on the values", () => {
    expect(coerceQuery("__proto__=1").values).toEqual({ pageSize: 20 });
  });

  test("never throws, whatever the query", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (search) => void coerceQuery(search)));
  });
});

describe("canonicalQuery", () => {
  test("sorts by name, drops defaults and absent values, and encodes in one way", () => {
    expect(canonicalQuery(schema, { q: "a b&c'é", pageSize: 10, inStock: undefined })).toBe(
      "pageSize=10&q=a%20b%26c%27%C3%A9",
    );
    expect(canonicalQuery(schema, { pageSize: 20 })).toBe("");
  });

  test("names what a list holds anyway, so that asking for it makes no other key", () => {
    const query = Type.Object({ fields: Fields(Type.Object({ id: Type.String(), name: Type.String() })) });
    const spelling = (text: string) =>
      canonicalQuery(query, coerce("query", query, [["fields", text]]).values);
    for (const text of ["name", "id,name", "name,id", "name,name"]) {
      expect(spelling(text)).toBe("fields=id%2Cname");
    }
    expect(spelling("id")).toBe("fields=id");
    for (const text of ["", "id,", "other"]) {
      expect(coerce("query", query, [["fields", text]]).violations).toHaveLength(1);
    }
  });

  test("is a fixed point: reading it back gives the same values and the same spelling", () => {
    const values = fc.record(
      {
        pageSize: fc.integer(),
        inStock: fc.boolean(),
        q: fc.string({ unit: "grapheme" }).filter((q) => !q.includes("\0")),
      },
      { requiredKeys: ["pageSize"] },
    );
    fc.assert(
      fc.property(values, (given) => {
        const search = canonicalQuery(schema, given);
        const read = coerceQuery(search);
        expect(read.violations).toEqual([]);
        expect({ ...read.values }).toEqual({ ...given });
        expect(canonicalQuery(schema, read.values)).toBe(search);
      }),
    );
  });
});

test("a pointer escapes what RFC 6901 reserves", () => {
  expect(pointerTo("a/b~c")).toBe("/a~1b~0c");
});
