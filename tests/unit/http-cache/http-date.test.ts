import { describe, expect, test } from "vitest";
import { formatHttpDate, parseHttpDate } from "#edge/http-cache/http-date.ts";
import { NOW } from "./build.ts";

const SUNDAY = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("an HTTP date (RFC 9110 §5.6.7)", () => {
  test.each([
    ["the preferred form", "Sun, 06 Nov 1994 08:49:37 GMT", SUNDAY],
    ["the RFC 850 form", "Sunday, 06-Nov-94 08:49:37 GMT", SUNDAY],
    ["the asctime form", "Sun Nov  6 08:49:37 1994", SUNDAY],
    ["other letter cases", "SUN, 06 nOV 1994 08:49:37 gmt", SUNDAY],
    [
      "a two-digit year up to 50 years ahead",
      "Thursday, 18-Aug-50 02:01:18 GMT",
      Date.UTC(2050, 7, 18, 2, 1, 18),
    ],
    ["a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
  ])("is read in %s", (_, text, time) => {
    expect(parseHttpDate(text, NOW)).toBe(time);
  });

  test.each([
    ["another zone", "Thu, 18 Aug 2050 02:01:18 UTC"],
    ["an offset", "Thu, 18 Aug 2050 02:01:18 +0000"],
    ["a two-digit year in the preferred form", "Thu, 18 Aug 50 02:01:18 GMT"],
    ["a missing comma", "Thu 18 Aug 2050 02:01:18 GMT"],
    ["several spaces", "Thu, 18  Aug  2050 02:01:18 GMT"],
    ["dashes in the preferred form", "Thu, 18-Aug-2050 02:01:18 GMT"],
    ["full stops in the time", "Thu, 18 Aug 2050 02.01.18 GMT"],
    ["a one-digit hour", "Thu, 18 Aug 2050 2:01:18 GMT"],
    ["a day that the month lacks", "Thu, 31 Feb 2050 02:01:18 GMT"],
    ["an hour of 24", "Thu, 18 Aug 2050 24:01:18 GMT"],
    ["no such month", "Thu, 18 Avg 2050 02:01:18 GMT"],
    ["two dates", "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT"],
    ["a number", "0"],
    ["nothing", ""],
  ])("is not read with %s", (_, text) => {
    expect(parseHttpDate(text, NOW)).toBeNull();
  });

  test("is written in the preferred form", () => {
    expect(formatHttpDate(SUNDAY)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });
});
