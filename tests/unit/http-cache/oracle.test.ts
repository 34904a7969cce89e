import fc from "fast-check";
import CachePolicy from "http-cache-semantics";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { controlOf } from "#edge/http-cache/control.ts";
import { lifetimeSeconds } from "#edge/http-cache/freshness.ts";
import { proxy } from "#edge/http-cache/profile.ts";
import { demandsOf } from "#edge/http-cache/request.ts";
import { useOf } from "#edge/http-cache/reuse.ts";
import { storability } from "#edge/http-cache/storable.ts";
import { entry, type Headers, httpDate, NOW, received, request, SECOND } from "./build.ts";

/**
 * A second opinion: `http-cache-semantics` on well-formed responses, where it and this cache should
 * agree. Where it differs on purpose, its answer is fixed below (docs/cache.md says why it does not
 * decide).
 */

beforeAll(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
});

const seconds = fc.integer({ min: 0, max: 100_000 });
const directive = fc.oneof(
  fc.constantFrom("public", "private", "no-store", "no-cache", "must-revalidate"),
  seconds.map((value) => `max-age=${value}`),
  seconds.map((value) => `s-maxage=${value}`),
);
const cacheControl = fc
  .uniqueArray(directive, { maxLength: 4, selector: (text) => text.split("=")[0] })
  .map((directives) => directives.join(", "));

/** Statuses that the oracle knows, and headers in their proper form. */
const response = fc.record({
  status: fc.constantFrom(200, 203, 301, 302, 307, 404, 410),
  headers: fc.record(
    {
      "cache-control": cacheControl,
      expires: fc.integer({ min: -1_000, max: 100_000 }).map(httpDate),
      "last-modified": fc.integer({ min: -800_000, max: 0 }).map(httpDate),
      etag: fc.constant('"a"'),
    },
    { requiredKeys: [] },
  ),
  authorised: fc.boolean(),
});

function policyOf(headers: Headers, status: number, requestHeaders: Headers = {}): CachePolicy {
  const asked = { method: "GET", url: "/a", headers: { host: "x", ...requestHeaders } };
  return new CachePolicy(asked, { status, headers: { date: httpDate(0), ...headers } }, { shared: true });
}

describe("http-cache-semantics and this cache", () => {
  test("agree on what must not be stored", () => {
    fc.assert(
      fc.property(response, ({ status, headers, authorised }) => {
        const asked: Headers = authorised ? { authorization: "x" } : {};
        const answered = received(headers, status);
        const control = controlOf(answered.fields, proxy, null, NOW);
        const stored = storability(request(asked), answered, control, proxy) === "store";
        if (stored) expect(policyOf(headers, status, asked).storable()).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("agree on how long what is stored is fresh", () => {
    fc.assert(
      fc.property(response, fc.integer({ min: 0, max: 100_000 }), ({ status, headers }, after) => {
        const answered = received(headers, status);
        const control = controlOf(answered.fields, proxy, null, NOW);
        if (storability(request(), answered, control, proxy) !== "store") return;
        // Only this cache asks whether the status allows heuristics (RFC 9111 §4.2.2).
        const isHeuristic = control.lifetimeSeconds === null && [302, 307].includes(status);
        if (isHeuristic) return;
        const policy = policyOf(headers, status);
        expect(lifetimeSeconds(answered, control, proxy)).toBeCloseTo(policy.maxAge());
        if (control.mustRevalidate) return;
        vi.setSystemTime(NOW + after * SECOND);
        const isFresh = policy.satisfiesWithoutRevalidation({
          headers: { host: "x" },
          method: "GET",
          url: "/a",
        });
        vi.setSystemTime(NOW);
        const demands = demandsOf(() => null, proxy);
        const use = useOf(entry(headers, proxy, "", status), demands, proxy, NOW + after * SECOND);
        expect(use === "serve").toBe(isFresh);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[string, Headers, number, number]>([
    ["takes a date in any zone", { expires: "Thu, 18 Aug 2050 02:01:18 UTC" }, 200, 0],
    ["takes freshness that begins with a number", { "cache-control": "max-age=3600a" }, 200, 0],
    ["takes one of two that disagree", { "cache-control": "max-age=1, max-age=1800" }, 200, 0],
    ["does not know proxy-revalidate", { "cache-control": "max-age=60, proxy-revalidate" }, 200, 60],
    ["does not know other statuses", { "cache-control": "max-age=60" }, 500, 60],
    ["does not know targeted fields", { "cdn-cache-control": "max-age=60" }, 200, 60],
  ])("differ: the first %s", (_, headers, status, own) => {
    const answered = received(headers, status);
    const lifetime = lifetimeSeconds(answered, controlOf(answered.fields, proxy, null, NOW), proxy);
    expect(lifetime).toBe(own);
    expect(policyOf(headers, status).maxAge()).not.toBe(own);
  });

  test("differ: the first revalidates what must be revalidated even before it is stale (§5.2.2.2)", () => {
    const headers: Headers = { "cache-control": "max-age=60, must-revalidate" };
    const asked = { headers: { host: "x" }, method: "GET", url: "/a" };
    expect(policyOf(headers, 200).satisfiesWithoutRevalidation(asked)).toBe(false);
    expect(
      useOf(
        entry(headers),
        demandsOf(() => null, proxy),
        proxy,
        NOW,
      ),
    ).toBe("serve");
  });

  test("differ: the first knows neither the exchange's time nor what Date says of the age (§4.2.3)", () => {
    const old: Headers = { "cache-control": "max-age=60", date: httpDate(-100) };
    expect(policyOf(old, 200).age()).toBe(0);
    const demands = demandsOf(() => null, proxy);
    expect(useOf(entry(old), demands, proxy, NOW)).toBe("validate-stale");
  });

  test("differ: the first makes the stored response newer than it is (RFC 9110 §6.6.1)", () => {
    const policy = policyOf({ "cache-control": "max-age=60" }, 200);
    vi.setSystemTime(NOW + 30 * SECOND);
    expect(policy.responseHeaders()["date"]).toBe(httpDate(30));
    vi.setSystemTime(NOW);
  });
});
