import { expect, it } from "vitest";
import { matchesETag } from "#shared/entity-tags.ts";

// RFC 9110 §13.1.2: weak comparison, lists, and `*`.
it.each([
  ['"3"', '"3"', true],
  ['W/"3"', '"3"', true],
  ['"3"', 'W/"3"', true],
  ['"2", "3"', '"3"', true],
  ['"2","3"', '"3"', true],
  ['"2, 3"', '"2, 3"', true],
  ['"2, 3"', '"3"', false],
  ["*", '"3"', true],
  [" * ", null, true],
  ['"2"', '"3"', false],
  ["3", '"3"', false],
  ["", '"3"', false],
  [null, '"3"', false],
  ['"3"', null, false],
])("If-None-Match %s against %s is %s", (condition, etag, expected) => {
  expect(matchesETag(condition, etag)).toBe(expected);
});
