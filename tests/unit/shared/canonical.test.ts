import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeQueryComponent, isCanonicalPath } from "#shared/canonical.ts";
import { parseQuery } from "#shared/coerce.ts";

describe("isCanonicalPath", () => {
  test.each(["/", "/v1/things", "/.well-known/jwks.json", "/a...", "/..a/b", "/a;b=1/c:d@e"])(
    "takes %s",
    (path) => {
      expect(isCanonicalPath(path)).toBe(true);
    },
  );

  test.each([
    "",
    "v1",
    "//",
    "/v1//things",
    "/v1/",
    "/.",
    "/..",
    "/v1/../things",
    "/v1/./things",
    "/v1/things/..",
    "/%2e%2e/things",
    "/v1/%74hings",
    "/v1\\things",
    "/v1/thïngs",
    "/v1/a b",
    "/v1/a\0",
    "/v1/a\n",
    "/v1?x",
    "/v1#x",
  ])("refuses %j", (path) => {
    expect(isCanonicalPath(path)).toBe(false);
  });

  test("what it takes, a URL parser leaves as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."/.a%2e:\\~ é;@") }), (tail) => {
        const path = `/${tail}`;
        fc.pre(isCanonicalPath(path));
        expect(new URL(path, "http://host").pathname).toBe(path);
      }),
    );
  });
});

test("an encoded query component is read back as it was, and has one spelling", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const encoded = encodeQueryComponent(text);
      expect(encoded).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(parseQuery(`n=${encoded}`)).toEqual([["n", text]]);
    }),
  );
});
