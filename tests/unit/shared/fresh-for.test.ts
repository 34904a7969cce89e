import { describe, expect, it } from "vitest";
import { formatFreshFor, parseFreshFor } from "#shared/fresh-for.ts";

const NOW = Date.parse("2026-11-21T12:00:00.500Z");

describe("how long an answer holds", () => {
  it.each([
    ["2026-11-21T12:00:10.500Z", "10"],
    ["2026-11-21T12:00:10.499Z", "9"],
    ["2026-11-21T12:00:01.499Z", "0"],
    ["2026-11-21T12:00:00.500Z", "0"],
    ["2020-01-01T00:00:00.000Z", "0"],
    ["9999-12-31T23:59:59.000Z", String(2 ** 31)],
    ["no date", "0"],
  ])("until %s is %s whole seconds", (until, expected) => {
    expect(formatFreshFor(new Date(until), NOW)).toBe(expected);
  });

  it.each([
    [undefined, null],
    ["0", 0],
    ["10", 10],
    [String(2 ** 31), 2 ** 31],
    ["-1", 0],
    ["1.5", 0],
    ["99999999999", 0],
    ["", 0],
  ])("is read from %j as %j", (value, expected) => {
    expect(parseFreshFor(value)).toBe(expected);
  });
});
