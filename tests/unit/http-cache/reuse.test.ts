import { describe, expect, test } from "vitest";
import { type Profile, proxy, workers } from "#edge/http-cache/profile.ts";
import { demandsOf } from "#edge/http-cache/request.ts";
import { standsIn, type Use, useOf } from "#edge/http-cache/reuse.ts";
import { entry, type Headers, NOW, SECOND } from "./build.ts";

function use(
  cacheControl: string,
  afterSeconds: number,
  requestHeaders: Headers = {},
  profile: Profile = proxy,
): Use {
  const demands = demandsOf((name) => requestHeaders[name] ?? null, profile);
  const stored = entry({ "cache-control": cacheControl, etag: '"a"' }, profile);
  return useOf(stored, demands, profile, NOW + afterSeconds * SECOND);
}

describe("a stored response", () => {
  test.each<[string, string, number, Use]>([
    ["§4.2", "max-age=60", 59, "serve"],
    ["§4.2", "max-age=60", 60, "validate-stale"],
    ["§5.2.2.4", "max-age=60, no-cache", 0, "validate-stale"],
    ["§5.2.2.2", "max-age=60, must-revalidate", 59, "serve"],
    ["RFC 5861 §3", "max-age=60, stale-while-revalidate=10", 69, "serve-and-revalidate"],
    ["RFC 5861 §3", "max-age=60, stale-while-revalidate=10", 70, "validate-stale"],
    ["§5.2.2.2", "max-age=60, stale-while-revalidate=10, must-revalidate", 61, "validate-stale"],
    ["§5.2.2.8", "max-age=60, stale-while-revalidate=10, proxy-revalidate", 61, "validate-stale"],
    ["§5.2.2.10", "s-maxage=60, stale-while-revalidate=10", 61, "validate-stale"],
    ["§5.2.2.4", "no-cache, stale-while-revalidate=10", 1, "validate-stale"],
  ])("%s: with %s, after %i s: %s", (_section, cacheControl, after, expected) => {
    expect(use(cacheControl, after)).toBe(expected);
  });

  test("with no-cache and stale-while-revalidate is served meanwhile by Workers Cache", () => {
    const control = "no-cache, stale-while-revalidate=10";
    expect(use(control, 9, {}, workers)).toBe("serve-and-revalidate");
    expect(use(control, 10, {}, workers)).toBe("validate-stale");
  });
});

describe("a request's own directives (RFC 9111 §5.2.1)", () => {
  test.each<[string, string, number, Use]>([
    ["no-cache", "max-age=60", 0, "validate-asked"],
    ["max-age=0", "max-age=60", 1, "validate-asked"],
    ["max-age=10", "max-age=60", 10, "serve"],
    ["max-age=10", "max-age=60", 11, "validate-asked"],
    ["min-fresh=10", "max-age=60", 49, "serve"],
    ["min-fresh=10", "max-age=60", 51, "validate-asked"],
    ["max-stale=10", "max-age=60", 70, "serve"],
    ["max-stale=10", "max-age=60", 71, "validate-stale"],
    ["max-stale", "max-age=60", 100_000, "serve"],
    ["max-stale=10", "max-age=60, must-revalidate", 61, "validate-stale"],
    ["max-stale=10", "no-cache", 1, "validate-stale"],
    ["unheard-of", "max-age=60", 1, "serve"],
  ])("%s, for %s after %i s: %s", (asked, cacheControl, after, expected) => {
    expect(use(cacheControl, after, { "cache-control": asked })).toBe(expected);
  });

  test("Pragma: no-cache counts only without Cache-Control (§5.4)", () => {
    expect(use("max-age=60", 0, { pragma: "no-cache" })).toBe("validate-asked");
    expect(use("max-age=60", 0, { pragma: "no-cache", "cache-control": "foo" })).toBe("serve");
    expect(use("max-age=60", 0, { pragma: "foo" })).toBe("serve");
  });

  test("do not concern Workers Cache", () => {
    for (const asked of ["no-cache", "max-age=0", "no-store"]) {
      expect(use("max-age=60", 1, { "cache-control": asked }, workers)).toBe("serve");
    }
    expect(use("max-age=60", 1, { pragma: "no-cache" }, workers)).toBe("serve");
  });
});

describe("when the origin fails, a stale response", () => {
  const stands = (cacheControl: string, after: number, failure: "disconnected" | "error", profile: Profile) =>
    standsIn(entry({ "cache-control": cacheControl }, profile), failure, profile, NOW + after * SECOND);
  const WEEK = 7 * 86_400;

  test("stands in within its stale-if-error (RFC 5861 §4)", () => {
    for (const failure of ["disconnected", "error"] as const) {
      expect(stands("max-age=60, stale-if-error=10", 69, failure, proxy)).toBe(true);
      expect(stands("max-age=60, stale-if-error=10", 70, failure, proxy)).toBe(false);
      expect(stands("max-age=60, stale-if-error=0", 61, failure, workers)).toBe(false);
    }
  });

  test("stands in for long by default on Workers Cache", () => {
    expect(stands("max-age=60", 1_000 * WEEK, "error", workers)).toBe(true);
    expect(stands("max-age=60", 1_000 * WEEK, "disconnected", workers)).toBe(true);
  });

  test("stands in by default only for a lost connection in a proxy (§4.2.4)", () => {
    expect(stands("max-age=60", WEEK, "disconnected", proxy)).toBe(true);
    expect(stands("max-age=60", 61 + WEEK, "disconnected", proxy)).toBe(false);
    expect(stands("max-age=60", 61, "error", proxy)).toBe(false);
  });

  test.each(["must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache"])(
    "never stands in with %s",
    (directive) => {
      for (const profile of [proxy, workers]) {
        const control = `max-age=60, stale-if-error=100, ${directive}`;
        expect(stands(control, 61, "disconnected", profile)).toBe(false);
        expect(stands(control, 61, "error", profile)).toBe(false);
      }
    },
  );
});
