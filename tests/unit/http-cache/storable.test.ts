import { describe, expect, test } from "vitest";
import { controlOf } from "#edge/http-cache/control.ts";
import { type Profile, proxy, workers } from "#edge/http-cache/profile.ts";
import type { CacheRequest } from "#edge/http-cache/request.ts";
import { type Storability, storability } from "#edge/http-cache/storable.ts";
import { type Headers, httpDate, NOW, received, request } from "./build.ts";

function verdict(
  profile: Profile,
  headers: Headers,
  status = 200,
  requestHeaders: Headers = {},
  rest: Partial<CacheRequest> = {},
): Storability {
  const answered = received(headers, status);
  const control = controlOf(answered.fields, profile, rest.cacheControl ?? null, NOW);
  return storability(request(requestHeaders, rest), answered, control, profile);
}

const FRESH = { "cache-control": "max-age=60" };
const both = [
  ["proxy", proxy],
  ["workers", workers],
] as const;

describe.each(both)("the %s profile stores", (_, profile) => {
  test.each<[string, string, Headers, number]>([
    ["§3", "a response that is fresh by max-age", FRESH, 200],
    ["§3", "a response that is fresh by s-maxage", { "cache-control": "s-maxage=60" }, 200],
    ["§5.3", "a response that is fresh by Expires", { expires: httpDate(60) }, 200],
    ["§3", "an error with explicit freshness", FRESH, 500],
    ["§3", "an unknown status with explicit freshness", FRESH, 599],
    ["§3", "a redirect with explicit freshness", FRESH, 302],
    ["§5.2.2.4", "no-cache, to validate it", { "cache-control": "no-cache", etag: '"a"' }, 200],
    ["§5.2.2.4", "no-cache of some fields", { "cache-control": 'no-cache="a", max-age=60' }, 200],
    ["§5.2.2.7", "private of some fields", { "cache-control": 'private="a", max-age=60' }, 200],
    [
      "§5.2.2.3",
      "an understood status despite no-store",
      { "cache-control": "max-age=60, no-store, must-understand" },
      200,
    ],
    [
      "RFC 9213 §2.2",
      "a targeted max-age despite no-store",
      { "cache-control": "no-store", "cdn-cache-control": "max-age=60" },
      200,
    ],
  ])("%s: %s", (_section, _name, headers, status) => {
    expect(verdict(profile, headers, status)).toBe("store");
  });

  test.each<[string, string, Storability, Headers, number]>([
    ["§5.2.2.5", "no-store", "BYPASS", { "cache-control": "no-store, max-age=60" }, 200],
    ["§5.2.2.7", "private", "BYPASS", { "cache-control": "private, max-age=60" }, 200],
    [
      "§5.2.2.7",
      "private with an unreadable argument",
      "BYPASS",
      { "cache-control": "private=, max-age=60" },
      200,
    ],
    [
      "§5.2.2.3",
      "a status it does not understand",
      "BYPASS",
      { "cache-control": "max-age=60, must-understand" },
      599,
    ],
    ["§4.1", "Vary: *", "BYPASS", { ...FRESH, vary: "*" }, 200],
    ["§4.1", "Vary with a star among others", "BYPASS", { ...FRESH, vary: "foo, *" }, 200],
    ["§3.3", "part of a response", "MISS", FRESH, 206],
    ["§3", "a 304 of its own", "MISS", FRESH, 304],
    ["RFC 9110 §15.5.13", "what one request's If-Match failed with", "MISS", FRESH, 412],
    ["RFC 9110 §15.5.17", "what one request's Range failed with", "MISS", FRESH, 416],
    ["RFC 9110 §15.5.18", "what one request's Expect failed with", "MISS", FRESH, 417],
    ["§3", "a status that nothing makes cacheable", "DYNAMIC", { "last-modified": httpDate(-9_999) }, 403],
    [
      "§3.3",
      "a stream of events, which never ends",
      "DYNAMIC",
      { ...FRESH, "content-type": "text/event-stream" },
      200,
    ],
    ["RFC 9213 §2.2", "a targeted private", "BYPASS", { ...FRESH, "cdn-cache-control": "private" }, 200],
    ["RFC 9213 §2.2", "a targeted no-store", "BYPASS", { ...FRESH, "cdn-cache-control": "no-store" }, 200],
    [
      "RFC 9213 §2.1",
      "no-store beside an invalid targeted field",
      "BYPASS",
      { "cache-control": "no-store", "cdn-cache-control": "max-age=60, &" },
      200,
    ],
  ])("%s: not %s", (_section, _name, expected, headers, status) => {
    expect(verdict(profile, headers, status)).toBe(expected);
  });

  test.each(["public", "must-revalidate", "s-maxage=60"])(
    "§3.5: answers to Authorization with %s",
    (directive) => {
      const headers = { "cache-control": `max-age=60, ${directive}` };
      expect(verdict(profile, headers, 200, { authorization: "x" })).toBe("store");
    },
  );

  test.each(["", ", proxy-revalidate", ", immutable"])(
    "§3.5: not answers to Authorization with max-age%s",
    (more) => {
      const headers = { "cache-control": `max-age=60${more}` };
      expect(verdict(profile, headers, 200, { authorization: "x" })).toBe("BYPASS");
    },
  );

  test("what the caller's own directive allows, not what the response says", () => {
    const silent = { "cache-control": "no-store" };
    expect(verdict(profile, silent, 200, {}, { cacheControl: "max-age=60" })).toBe("store");
    expect(verdict(profile, FRESH, 200, {}, { cacheControl: "no-store" })).toBe("BYPASS");
  });

  test("nothing of a POST", () => {
    expect(verdict(profile, FRESH, 200, {}, { method: "POST" })).toBe("BYPASS");
  });
});

describe("a response that says nothing of caching", () => {
  test.each([200, 203, 204, 300, 301, 404, 405, 410, 414, 501])(
    "is stored by Workers Cache as a %i",
    (status) => {
      expect(verdict(workers, {}, status)).toBe("store");
    },
  );

  test.each([201, 302, 308, 400, 401, 403, 500, 503])("is not stored by Workers Cache as a %i", (status) => {
    expect(verdict(workers, { etag: '"a"' }, status)).toBe("DYNAMIC");
  });

  test("is stored by a proxy only if it can be validated", () => {
    expect(verdict(proxy, {})).toBe("DYNAMIC");
    expect(verdict(proxy, { etag: '"a"' })).toBe("store");
    expect(verdict(proxy, { "last-modified": httpDate(-100) })).toBe("store");
  });
});

describe("cookies", () => {
  const cookie = { ...FRESH, "set-cookie": "a=b" };

  test("keep a response out of Workers Cache, unless they are left out of it", () => {
    expect(verdict(workers, cookie)).toBe("BYPASS");
    for (const directive of ["private", "no-cache"]) {
      const headers = { ...cookie, "cache-control": `max-age=60, ${directive}="Set-Cookie"` };
      expect(verdict(workers, headers)).toBe("store");
    }
  });

  test("do not concern a proxy (RFC 9111 §7.3)", () => {
    expect(verdict(proxy, cookie)).toBe("store");
  });
});

describe("Workers Cache", () => {
  test.each([520, 523, 526])("never stores a %i", (status) => {
    expect(verdict(workers, FRESH, status)).toBe("MISS");
    expect(verdict(proxy, FRESH, status)).toBe("store");
  });

  test.each<[string, string, Storability]>([
    ["/account/x.css", "text/html", "BYPASS"],
    ["/account/x.CSS?v=1", "application/json", "BYPASS"],
    ["/x.css", "text/css; charset=utf-8", "store"],
    ["/x.png", "image/webp", "store"],
    ["/account/42", "text/html", "store"],
    ["/x.unheard-of", "text/html", "store"],
  ])("guards %s as %s against deception: %s", (path, type, expected) => {
    expect(verdict(workers, { "content-type": type }, 200, {}, { path })).toBe(expected);
    expect(verdict(workers, { "content-type": type, ...FRESH }, 200, {}, { path })).toBe("store");
  });

  test("does not heed the client's directives, as a proxy does", () => {
    const asked = { "cache-control": "no-store" };
    expect(verdict(workers, FRESH, 200, asked)).toBe("store");
    expect(verdict(proxy, FRESH, 200, asked)).toBe("BYPASS");
  });

  test("lets its own targeted field overrule the common one", () => {
    const headers = { "cdn-cache-control": "no-store", "cloudflare-cdn-cache-control": "max-age=60" };
    expect(verdict(workers, headers)).toBe("store");
    expect(verdict(proxy, headers)).toBe("BYPASS");
  });
});
