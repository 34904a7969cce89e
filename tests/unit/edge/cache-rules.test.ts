import { describe, expect, it } from "vitest";
import { blindVersion, partitionOf, routeHash, versionOf } from "#edge/cache/key.ts";
import { isServableOnError, lifetimeSeconds, usability } from "#edge/cache/rules.ts";
import { cacheControlFor, cacheStatusOf, matchesETag } from "#edge/cache/status.ts";
import { storageControl } from "#edge/cache/workers.ts";
import { contract } from "#shared/contract.ts";

const policy = contract.getProduct.cache;
const answer = (status: number) => ({ status, headers: {}, body: new ArrayBuffer(0) });
const principal = { subject: "s", clientId: "c", tenantId: "t", scopes: [] };

describe("what is stored", () => {
  it.each([
    [200, 300],
    [404, 5],
    [304, 0],
    [400, 0],
    [500, 0],
    [503, 0],
  ])("keeps a %i for %i seconds", (status, seconds) => {
    expect(lifetimeSeconds(policy, answer(status))).toBe(seconds);
  });

  // RFC 9111 §4.2 and RFC 5861 §3, §4.
  it.each([
    { status: 200, age: 299.9, use: "fresh", onError: true },
    { status: 200, age: 300, use: "revalidate", onError: true },
    { status: 200, age: 359.9, use: "revalidate", onError: true },
    { status: 200, age: 360, use: "expired", onError: true },
    { status: 200, age: 86_700, use: "expired", onError: false },
    { status: 404, age: 4.9, use: "fresh", onError: false },
    { status: 404, age: 5, use: "expired", onError: false },
  ])("is $use at the age of $age s with status $status", ({ status, age, use, onError }) => {
    expect(usability(policy, answer(status), age)).toBe(use);
    if (use !== "fresh") expect(isServableOnError(policy, answer(status), age)).toBe(onError);
  });

  it("is told to Workers Cache by max-age, never s-maxage, and refused by no-store", () => {
    expect(storageControl(policy, answer(200))).toBe(
      "max-age=300, stale-while-revalidate=60, stale-if-error=86400",
    );
    expect(storageControl(policy, answer(404))).toBe("max-age=5, stale-if-error=0");
    expect(storageControl(policy, answer(500))).toBe("no-store");
  });
});

const lookUp = (versions: [string, string][]) => (field: string) => new Map(versions).get(field) ?? "0";

describe("the key", () => {
  it("changes with the version of the item's bucket and with no other", () => {
    const at = (versions: [string, string][]) =>
      versionOf(policy, { productId: "0190a7c0-0000-7000-8000-000000000001" }, lookUp(versions));
    const untouched = at([]);
    expect(at([["products:list", "7"]])).toBe(untouched);
    const buckets = Array.from({ length: 1024 }, (_, bucket) => at([[`products:${bucket}`, "7"]]));
    expect(buckets.filter((version) => version !== untouched)).toHaveLength(1);
  });

  it("changes with the version of the collection's lists", () => {
    const list = contract.listProducts.cache;
    expect(versionOf(list, {}, lookUp([["products:list", "8"]]))).toBe("8");
    expect(versionOf(list, {}, lookUp([["categories:list", "8"]]))).toBe("0");
  });

  it("bounds the life of an answer while the edge is blind", () => {
    const at = (seconds: number) => blindVersion(policy, seconds * 1000);
    expect(at(10)).toBe(at(19.999));
    expect(at(20)).not.toBe(at(19.999));
  });

  it("keeps tenants apart, and subjects where the contract says so", () => {
    expect(partitionOf(policy, principal)).toEqual({ tenantId: "t" });
    expect(partitionOf({ ...policy, partition: "subject" }, principal)).toEqual({
      tenantId: "t",
      subject: "s",
    });
    expect(partitionOf({ ...policy, partition: "everyone" }, null)).toEqual({});
    expect(() => partitionOf(policy, null)).toThrow();
  });

  it("has a hash that changes with a route's schemas and policies", () => {
    const hash = routeHash(contract.getProduct);
    expect(routeHash({ ...contract.getProduct, cache: { ...policy, maxAgeSeconds: 301 } })).not.toBe(hash);
    expect(routeHash({ ...contract.getProduct, responses: {} })).not.toBe(hash);
    expect(routeHash(structuredClone(contract.getProduct))).toBe(hash);
  });
});

describe("what clients are told", () => {
  it("is to ask again each time, unless no write can change the answer", () => {
    expect(cacheControlFor(policy)).toBe("private, no-cache");
    expect(cacheControlFor(contract.getOpenApi.cache)).toBe("public, max-age=60");
  });

  it.each([
    [{ how: "hit", age: 10.9, ttl: 289.1 } as const, "gatehouse; hit; ttl=289", "HIT", "10"],
    [{ how: "stale", age: 310, ttl: -10 } as const, "gatehouse; hit; ttl=-10", "STALE", "310"],
    [{ how: "miss", age: 0, ttl: 300 } as const, "gatehouse; fwd=uri-miss; stored", "MISS", undefined],
    [{ how: "miss", age: 0, ttl: null } as const, "gatehouse; fwd=uri-miss", "MISS", undefined],
  ])("says how the cache answered (RFC 9211): %o", (served, status, cloudflare, age) => {
    const headers = cacheStatusOf({ ...served, answer: answer(200) });
    expect(headers["cache-status"]).toBe(status);
    expect(headers["cf-cache-status"]).toBe(cloudflare);
    expect(headers["age"]).toBe(age);
  });

  // RFC 9110 §13.1.2: weak comparison, lists, and `*`.
  it.each([
    ['"3"', '"3"', true],
    ['W/"3"', '"3"', true],
    ['"2", "3"', '"3"', true],
    ["*", '"3"', true],
    ['"2"', '"3"', false],
    [null, '"3"', false],
    ['"3"', undefined, false],
  ])("If-None-Match %s against %s is %s", (condition, etag, expected) => {
    expect(matchesETag(condition, etag)).toBe(expected);
  });
});
