import fc from "fast-check";
import { expect, test } from "vitest";
import { hasRepeatedMembers } from "#origin/repeated-members.ts";

const isRefused = (text: string) => hasRepeatedMembers(text, JSON.parse(text));

test("no value that was written from memory has a member twice, however it is laid out", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 1, "\t"), (text, space) => {
      expect(isRefused(JSON.stringify(JSON.parse(text), null, space))).toBe(false);
    }),
  );
});

test("a member that comes once more is found wherever it is, in whatever spelling", () => {
  const spelt = (name: string) =>
    `"${[...name].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), fc.string(), fc.jsonValue(), (name, other, value) => {
      const [one, two] = [JSON.stringify(name), JSON.stringify(value)];
      const twice = `{${one}:${two} , ${spelt(name)} \n:${two}}`;
      expect(isRefused(twice)).toBe(true);
      expect(isRefused(`[${two}, {${JSON.stringify(other)}: [${twice}]}]`)).toBe(true);
    }),
  );
});

test.each([
  ["text that looks like a member", '{"a":"\\"a\\":1, \\"a\\":2"}'],
  ["backslashes before the end of a string", '{"a\\\\":"\\\\","a":"\\\\\\""}'],
  ["the name that objects inherit", '{"__proto__":1,"a":{"__proto__":2}}'],
  ["a text alone", '"a:b"'],
  ["nothing in it", " {} "],
])("%s is not taken for a member", (_, text) => {
  expect(isRefused(text)).toBe(false);
});
