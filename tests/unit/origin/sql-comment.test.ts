import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sqlComment } from "#origin/tracing/sql-comment.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("a comment of a statement", () => {
  test("has its tags in order, encoded as sqlcommenter says", () => {
    const comment = sqlComment({ traceparent: TRACEPARENT, route: "/v1/users/:userId" });
    expect(comment).toBe(`/*route='%2Fv1%2Fusers%2F%3AuserId',traceparent='${TRACEPARENT}'*/`);
  });

  test.each([
    ["ends it", "*/ drop table users; --"],
    ["begins another", "/* nested"],
    ["ends the value", "x', route='y"],
    ["escapes the quote", "x\\'"],
    ["has a line break", "a\nb\r\0"],
    ["is half of a surrogate pair", "\ud800 and \udfff"],
    ["is written in other quotes", "‘a’ “b” `c` $$d$$"],
  ])("is not left by a value that %s", (_, value) => {
    const comment = sqlComment({ route: value, traceparent: value });
    expect(comment).toMatch(/^\/\*route='[\w.~%-]*',traceparent='[\w.~%-]*'\*\/$/);
  });

  test("has no other form whatever its values are, and they can be read back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const [, encoded = ""] = /^\/\*route='([\w.~%-]*)'\*\/$/.exec(sqlComment({ route: value })) ?? [];
        expect(decodeURIComponent(encoded)).toBe(value);
      }),
    );
  });
});
