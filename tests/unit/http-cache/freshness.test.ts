import { describe, expect, test } from "vitest";
import { controlOf } from "#edge/http-cache/control.ts";
import { birthOf, lifetimeSeconds, type Received } from "#edge/http-cache/freshness.ts";
import { type Profile, proxy, workers } from "#edge/http-cache/profile.ts";
import { type Headers, httpDate, NOW, received, SECOND } from "./build.ts";

function lifetime(headers: Headers, profile: Profile = proxy, status = 200): number {
  const answered = received(headers, status);
  return lifetimeSeconds(answered, controlOf(answered.fields, profile, null, NOW), profile);
}

describe("the lifetime of a response (RFC 9111 §4.2.1)", () => {
  test.each<[string, Headers, number]>([
    ["s-maxage before max-age", { "cache-control": "max-age=1, s-maxage=60" }, 60],
    ["max-age before Expires", { "cache-control": "max-age=60", expires: httpDate(-5) }, 60],
    ["max-age=0 before Expires", { "cache-control": "max-age=0", expires: httpDate(60) }, 0],
    ["Expires less Date", { expires: httpDate(60), date: httpDate(20) }, 40],
    ["Expires less the time of receipt without a valid Date", { expires: httpDate(60), date: "foo" }, 60],
    ["none for Expires before Date", { expires: httpDate(300), date: httpDate(400) }, 0],
    ["none for an invalid Expires (§5.3)", { expires: "0" }, 0],
    ["none for an invalid Expires beside a validator", { expires: "0", "last-modified": httpDate(-1000) }, 0],
    ["none for no-cache (§5.2.2.4)", { "cache-control": "no-cache, max-age=60" }, 0],
    [
      "the targeted field, and not Expires (RFC 9213 §2.2)",
      { "cdn-cache-control": "max-age=0", expires: httpDate(60) },
      0,
    ],
    [
      "the targeted field, and not Cache-Control",
      { "cdn-cache-control": "max-age=5", "cache-control": "max-age=60" },
      5,
    ],
  ])("is %s", (_, headers, seconds) => {
    expect(lifetime(headers)).toBe(seconds);
  });

  test("falls back to a tenth of the time since Last-Modified, a day at most (§4.2.2)", () => {
    expect(lifetime({ "last-modified": httpDate(-1000) })).toBe(100);
    expect(lifetime({ "last-modified": httpDate(-1_000_000_000) })).toBe(86_400);
    expect(lifetime({ "last-modified": httpDate(1000) })).toBe(0);
    expect(lifetime({ "last-modified": "yesterday" })).toBe(0);
    expect(lifetime({})).toBe(0);
  });

  test("falls back so only for a status that is cacheable by default, or a public response (§4.2.2)", () => {
    const headers = { "last-modified": httpDate(-1000) };
    expect(lifetime(headers, proxy, 404)).toBe(100);
    for (const status of [201, 202, 302, 403, 502, 599]) expect(lifetime(headers, proxy, status)).toBe(0);
    expect(lifetime({ ...headers, "cache-control": "public" }, proxy, 599)).toBe(100);
  });

  test.each([
    [200, 7200],
    [203, 7200],
    [204, 7200],
    [300, 1200],
    [301, 1200],
    [404, 180],
    [405, 60],
    [410, 180],
    [414, 60],
    [501, 60],
    [302, 0],
    [500, 0],
  ])("falls back to Workers Cache's table: %i for %i s", (status, seconds) => {
    expect(lifetime({}, workers, status)).toBe(seconds);
  });

  test("has no such fallback once the response says anything", () => {
    expect(lifetime({ "cache-control": "public" }, workers)).toBe(0);
    expect(lifetime({ expires: "0" }, workers)).toBe(0);
  });
});

describe("the age of a response (RFC 9111 §4.2.3)", () => {
  const ageOf = (headers: Headers, rest: Partial<Received> = {}) =>
    (NOW - birthOf(received(headers, 200, rest))) / SECOND;

  test.each<[string, Headers, Partial<Received>, number]>([
    ["nothing when it was made just now", {}, {}, 0],
    ["what its Date says", { date: httpDate(-100) }, {}, 100],
    ["nothing for a Date in the future", { date: httpDate(100) }, {}, 0],
    ["what caches before say", { age: "30" }, {}, 30],
    ["that and the time the exchange took", { age: "30" }, { requestedAt: NOW - 5 * SECOND }, 35],
    ["the greater of both", { age: "30", date: httpDate(-100) }, { requestedAt: NOW - 5 * SECOND }, 100],
    ["the first of several members (§5.1)", { age: "7200, 0" }, {}, 7200],
    ["not a later one", { age: "0, 7200" }, {}, 0],
    ["no text", { age: "abc" }, {}, 0],
    ["no negative number", { age: "-7200" }, {}, 0],
    ["no fraction", { age: "7200.0" }, {}, 0],
    ["no parameter", { age: "7200;foo=bar" }, {}, 0],
    ["at most 2^31 (§1.2.2)", { age: "99999999999" }, {}, 2 ** 31],
  ])("is %s", (_, headers, rest, seconds) => {
    expect(ageOf(headers, rest)).toBe(seconds);
  });
});
