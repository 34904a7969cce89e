import { describe, expect, test } from "vitest";
import { formatTraceparent, parseTraceparent, RANDOM, SAMPLED } from "#shared/traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("a traceparent", () => {
  test("is read with its ids and flags", () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
      traceId: TRACE,
      parentId: SPAN,
      flags: SAMPLED,
    });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.flags).toBe(0);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.flags).toBe(SAMPLED | RANDOM);
  });

  test("loses the flags that nobody has defined", () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.flags).toBe(SAMPLED | RANDOM);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fc`)?.flags).toBe(0);
  });

  test("of a later version is read as far as it is known", () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01`)?.traceId).toBe(TRACE);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-then`)?.traceId).toBe(TRACE);
  });

  test.each([
    ["missing", undefined],
    ["null", null],
    ["several headers of Node", [`00-${TRACE}-${SPAN}-01`]],
    ["empty", ""],
    ["of version ff", `ff-${TRACE}-${SPAN}-01`],
    ["of version 00 and longer", `00-${TRACE}-${SPAN}-01-more`],
    ["of a later version and longer without a dash", `01-${TRACE}-${SPAN}-012`],
    ["two in one header", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ["with a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["with a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["in upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["with a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["with a long parent id", `00-${TRACE}-${SPAN}0-01`],
    ["with other digits", `00-${TRACE.replace("4", "g")}-${SPAN}-01`],
    ["with space around it", ` 00-${TRACE}-${SPAN}-01 `],
    ["with a line break after it", `00-${TRACE}-${SPAN}-01\n`],
    ["without flags", `00-${TRACE}-${SPAN}`],
    ["with a comment in it", `00-${TRACE}-${SPAN}-01*/ drop table products; --`],
  ])("that is %s is none", (_, header) => {
    expect(parseTraceparent(header)).toBeNull();
  });

  test("is written so that it reads the same", () => {
    for (const flags of [0, SAMPLED, RANDOM, SAMPLED | RANDOM]) {
      const trace = { traceId: TRACE, parentId: SPAN, flags };
      expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
    }
  });
});
