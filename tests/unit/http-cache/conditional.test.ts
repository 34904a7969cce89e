import { describe, expect, test } from "vitest";
import { holdsIfRange, isAbout, isNotModified, validatorsOf } from "#edge/http-cache/conditional.ts";
import { proxy } from "#edge/http-cache/profile.ts";
import { rangeOf } from "#edge/http-cache/range.ts";
import { entry, type Headers, httpDate, NOW } from "./build.ts";

const STORED = { etag: '"abc"', "last-modified": httpDate(-3000) };

describe("a conditional request is answered with 304 (RFC 9111 §4.3.2)", () => {
  const notModified = (headers: Headers, stored: Headers = STORED, status = 200) =>
    isNotModified(entry(stored, proxy, "body", status), (name) => headers[name] ?? null, NOW);

  test.each<[string, Headers, Headers]>([
    ["the stored entity tag", { "if-none-match": '"abc"' }, STORED],
    ["it among others", { "if-none-match": '"1", "abc", W/"2"' }, STORED],
    ["it as a weak one (RFC 9110 §8.8.3.2)", { "if-none-match": 'W/"abc"' }, STORED],
    ["it when a weak one is stored", { "if-none-match": '"abc"' }, { etag: 'W/"abc"' }],
    ["an entity tag with a comma in it", { "if-none-match": '"a,b"' }, { etag: '"a,b"' }],
    ["a star", { "if-none-match": "*" }, STORED],
    ["the stored date", { "if-modified-since": httpDate(-3000) }, STORED],
    ["a later date", { "if-modified-since": httpDate(-2000) }, STORED],
    [
      "the stored date in an obsolete form",
      { "if-modified-since": "Saturday, 21-Nov-26 11:10:00 GMT" },
      STORED,
    ],
    ["a date after the response's own, which has no other", { "if-modified-since": httpDate(1) }, {}],
    [
      "an entity tag that matches, whatever the date",
      { "if-none-match": '"abc"', "if-modified-since": httpDate(-9000) },
      STORED,
    ],
  ])("for %s", (_, headers, stored) => {
    expect(notModified(headers, stored)).toBe(true);
  });

  test.each<[string, Headers, Headers]>([
    ["another entity tag", { "if-none-match": '"abcd"' }, STORED],
    [
      "another entity tag, whatever the date",
      { "if-none-match": '"x"', "if-modified-since": httpDate(0) },
      STORED,
    ],
    ["an entity tag when none is stored", { "if-none-match": '"abc"' }, {}],
    ["part of an entity tag with a comma", { "if-none-match": '"a"' }, { etag: '"a,b"' }],
    ["an earlier date", { "if-modified-since": httpDate(-3001) }, STORED],
    ["no date", { "if-modified-since": "yesterday" }, STORED],
    ["no condition", {}, STORED],
  ])("but not for %s", (_, headers, stored) => {
    expect(notModified(headers, stored)).toBe(false);
  });

  test("but not when what is stored is no 200 (RFC 9110 §13.2.1)", () => {
    expect(notModified({ "if-none-match": '"abc"' }, STORED, 404)).toBe(false);
  });
});

describe("a revalidation", () => {
  test("sends every stored validator (§4.3.1)", () => {
    expect(validatorsOf(entry(STORED))).toEqual([
      ["if-none-match", '"abc"'],
      ["if-modified-since", httpDate(-3000)],
    ]);
    expect(validatorsOf(entry())).toEqual([]);
  });

  test.each([301, 404, 410, 500])(
    "never asks whether a stored %i holds: a 304 stands for a 200",
    (status) => {
      const stored = entry(STORED, proxy, "gone", status);
      expect(validatorsOf(stored)).toEqual([]);
      expect(isAbout([], stored)).toBe(false);
    },
  );

  test.each<[string, string | null, string | null, boolean]>([
    ["without an entity tag", null, '"a"', true],
    ["with the same entity tag", '"a"', '"a"', true],
    ["with another strong entity tag", '"b"', '"a"', false],
    ["with a weak entity tag", 'W/"b"', '"a"', true],
    ["with a strong entity tag for a weak one", '"b"', 'W/"a"', true],
    ["with an entity tag for a response that had none", '"b"', null, true],
  ])("takes a 304 %s for an answer about what is stored: %s, %s (§4.3.4)", (_, came, stored, expected) => {
    const fields = came === null ? [] : ([["etag", came]] as const);
    expect(isAbout(fields, entry(stored === null ? {} : { etag: stored }))).toBe(expected);
  });
});

describe("a range (RFC 9110 §14)", () => {
  test.each<[string, ReturnType<typeof rangeOf>]>([
    ["bytes=0-1", { first: 0, last: 1 }],
    ["Bytes=0-0", { first: 0, last: 0 }],
    ["bytes=4-", { first: 4, last: 9 }],
    ["bytes=4-99", { first: 4, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-99", { first: 0, last: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=10-12", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=3-1", null],
    ["bytes=-", null],
    ["bytes=a-b", null],
    ["bytes=0-1,3-4", null],
    ["lines=0-1", null],
  ])("of %s in ten bytes is %o", (range, expected) => {
    expect(rangeOf(range, 10)).toEqual(expected);
  });

  test("of an empty body cannot be satisfied", () => {
    expect(rangeOf("bytes=0-", 0)).toBe("unsatisfiable");
    expect(rangeOf("bytes=-5", 0)).toBe("unsatisfiable");
  });

  test.each<[string, string | null, boolean]>([
    ["none", null, true],
    ["the strong entity tag", '"abc"', true],
    ["another entity tag", '"abd"', false],
    ["a weak entity tag", 'W/"abc"', false],
    ["the exact date", httpDate(-3000), true],
    ["another date", httpDate(-2000), false],
  ])("is cut with %s as If-Range: %s (RFC 9110 §13.1.5)", (_, ifRange, expected) => {
    expect(holdsIfRange(entry(STORED), ifRange, NOW)).toBe(expected);
  });

  test.each([
    [-59, false],
    [-60, true],
  ])(
    "is cut by a date %i s before the response's own, which may have changed twice in that second: %s",
    (offset, expected) => {
      const date = httpDate(offset);
      expect(holdsIfRange(entry({ "last-modified": date }), date, NOW)).toBe(expected);
    },
  );
});
