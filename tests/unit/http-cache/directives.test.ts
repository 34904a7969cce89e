import { describe, expect, test } from "vitest";
import { deltaSeconds, MAX_DELTA_SECONDS, parseDirectives } from "#edge/http-cache/directives.ts";
import { parseTargeted } from "#edge/http-cache/structured-dictionary.ts";

describe("Cache-Control (RFC 9111 §5.2)", () => {
  test.each([
    ["one directive", "no-store", { "no-store": [""] }],
    ["any letter case", "No-StOrE, MaX-aGe=5", { "no-store": [""], "max-age": ["5"] }],
    ["empty members", ", ,max-age=5,,", { "max-age": ["5"] }],
    ["a quoted argument", 'max-age="5"', { "max-age": ["5"] }],
    ["commas within quotes", 'private="a, b", max-age=5', { private: ["a, b"], "max-age": ["5"] }],
    ["directives within quotes", 'x="max-age=9", max-age=1', { x: ["max-age=9"], "max-age": ["1"] }],
    ["escapes within quotes", 'x="a\\", no-store", max-age=1', { x: ['a", no-store'], "max-age": ["1"] }],
    ["what is no directive", "max-age =5, @", {}],
    ["a quote that nothing closes", 'x="a, no-store', { x: ["?"], "no-store": [""] }],
    ["semicolons for commas", "max-age=60; no-store", { "max-age": ["?"], "no-store": [""] }],
    ["a parameter on what forbids", "private;x=1, max-age=5", { private: [""], "max-age": ["5"] }],
    ["names that only look like what forbids", "x-private y, no-stores z", {}],
  ])("is read with %s", (_, text, directives) => {
    expect(Object.fromEntries(parseDirectives(text))).toEqual(directives);
  });

  test.each([
    ["a number", "max-age=3600", 3600],
    ["leading zeros", "max-age=003600", 3600],
    ["more than 32 bits (§1.2.2)", "max-age=99999999999", MAX_DELTA_SECONDS],
    ["the same twice", "max-age=5, max-age=5", 5],
    ["nothing", "no-store", null],
  ])("gives the seconds of %s", (_, text, seconds) => {
    expect(deltaSeconds(parseDirectives(text), "max-age")).toBe(seconds);
  });

  test.each([
    ["a negative number", "max-age=-3600"],
    ["a fraction", "max-age=3600.0"],
    ["letters", "max-age=a3600"],
    ["a number and letters", "max-age=3600a"],
    ["single quotes", "max-age='3600'"],
    ["no argument", "max-age"],
    ["an empty argument", "max-age="],
    ["a space before the argument", "max-age= 3600"],
    ["two that disagree", "max-age=1800, max-age=1"],
  ])("takes %s for stale (§4.2.1)", (_, text) => {
    expect(deltaSeconds(parseDirectives(text), "max-age")).toBe(0);
  });
});

describe("a targeted field (RFC 9213 §2.1)", () => {
  test.each([
    ["numbers", "max-age=60", { "max-age": ["60"] }],
    ["flags", "no-store, private=?1", { "no-store": [""], private: [""] }],
    ["parameters", "max-age=60;x=1;y", { "max-age": ["60"] }],
    ["inner lists", 'private=("a" "b");z, foo=tok', { private: ['"a","b"'], foo: ["tok"] }],
    ["the last of several", "max-age=1, max-age=60", { "max-age": ["60"] }],
    [
      "other types",
      "a=1.5, b=:aGk=:, c=@1700000000, d=*x",
      {
        a: ["1.5"],
        b: [":aGk=:"],
        c: ["@1700000000"],
        d: ["*x"],
      },
    ],
    ["what is false", "no-store=?0, max-age=1", { "max-age": ["1"] }],
  ])("is read with %s", (_, text, directives) => {
    expect(Object.fromEntries(parseTargeted(text) ?? [])).toEqual(directives);
  });

  test.each([
    ["nothing", ""],
    ["an unknown type", "max-age=10000, &&&&&"],
    ["a string for seconds", 'max-age="10000"'],
    ["a fraction for seconds", "max-age=1.5"],
    ["a space before the value", "max-age= 100"],
    ["a space after the key", "max-age =100"],
    ["an upper-case key", "Max-Age=100"],
    ["a trailing comma", "max-age=100,"],
    ["an unclosed string", 'a="x'],
    ["an unclosed list", "a=(1 2"],
    ["too many digits", "max-age=1234567890123456"],
  ])("is ignored with %s", (_, text) => {
    expect(parseTargeted(text)).toBeNull();
  });
});
