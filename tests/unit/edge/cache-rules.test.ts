import { describe, expect, it } from "vitest";
import { blindVersion, partitionOf, routeHash, shownField, versionOf } from "#edge/cache/key.ts";
import { cacheControlFor, headersForClients } from "#edge/cache/status.ts";
import { aged, storageControl } from "#edge/cache/storage-control.ts";
import { contract } from "#shared/contract.ts";

const policy = contract.getProduct.cache;
const principal = { subject: "s", clientId: "c", tenantId: "t", scopes: [] };

describe("what is stored", () => {
  it("is told to Workers Cache by max-age, never s-maxage, and refused by no-store", () => {
    const headers = {};
    expect(storageControl(policy, { status: 200, headers })).toBe(
      "max-age=300, stale-while-revalidate=60, stale-if-error=86400",
    );
    expect(storageControl(policy, { status: 404, headers })).toBe("max-age=5, stale-if-error=0");
    expect(storageControl(policy, { status: 304, headers })).toBe(
      storageControl(policy, { status: 200, headers }),
    );
    for (const status of [400, 401, 500, 503])
      expect(storageControl(policy, { status, headers })).toBe("no-store");
  });

  // The policy: fresh for 300 s, served for 60 s more while it is renewed.
  it.each([
    ["400", "max-age=300, stale-while-revalidate=60, stale-if-error=100"],
    ["330", "max-age=300, stale-while-revalidate=30, stale-if-error=30"],
    ["300", "max-age=300, stale-while-revalidate=0, stale-if-error=0"],
    ["7", "max-age=7, stale-while-revalidate=0, stale-if-error=0"],
    ["0", "max-age=0, stale-while-revalidate=0, stale-if-error=0"],
    ["soon", "max-age=0, stale-while-revalidate=0, stale-if-error=0"],
    ["-5", "max-age=0, stale-while-revalidate=0, stale-if-error=0"],
  ])("is neither fresh nor stale for longer than the origin says that it holds: %s s", (holds, expected) => {
    const headers = { "gatehouse-fresh-for": holds };
    expect(storageControl(policy, { status: 200, headers })).toBe(expected);
  });

  it("caps a 404 alike", () => {
    const at = (holds: string) =>
      storageControl(policy, { status: 404, headers: { "gatehouse-fresh-for": holds } });
    expect(at("3")).toBe("max-age=3, stale-if-error=0");
    expect(at("60")).toBe("max-age=5, stale-if-error=0");
  });

  it("counts the time that the answer took to arrive, rounded down", () => {
    const later = (elapsedMs: number) => aged({ headers: { "gatehouse-fresh-for": "5" } }, elapsedMs);
    expect(later(0).headers).toEqual({ "gatehouse-fresh-for": "5" });
    expect(later(1).headers).toEqual({ "gatehouse-fresh-for": "4" });
    expect(later(9_000).headers).toEqual({ "gatehouse-fresh-for": "0" });
    expect(aged({ headers: {} }, 9_000).headers).toEqual({});
  });
});

const lookUp = (versions: [string, string][]) => (field: string) => new Map(versions).get(field) ?? "0";

describe("the key", () => {
  it("changes with the version of the item's bucket and with no other", () => {
    const at = (versions: [string, string][]) =>
      versionOf(shownField(policy, { productId: "0190a7c0-0000-7000-8000-000000000001" }), lookUp(versions));
    const untouched = at([]);
    expect(at([["products:list", "7"]])).toBe(untouched);
    const buckets = Array.from({ length: 1024 }, (_, bucket) => at([[`products:${bucket}`, "7"]]));
    expect(buckets.filter((version) => version !== untouched)).toHaveLength(1);
  });

  it("changes with the version of the collection's lists", () => {
    const list = contract.listProducts.cache;
    expect(versionOf(shownField(list, {}), lookUp([["products:list", "8"]]))).toBe("8");
    expect(versionOf(shownField(list, {}), lookUp([["categories:list", "8"]]))).toBe("0");
  });

  it("bounds the life of an answer while the edge is blind", () => {
    const at = (seconds: number) => blindVersion(policy, seconds * 1000, "");
    expect(at(10)).toBe(at(19.999));
    expect(at(20)).not.toBe(at(19.999));
  });

  it("goes back to no answer of an earlier moment of blindness since which versions have changed or were lost", () => {
    const [before, after] = ["a.1", "b.0"].map((seen) => blindVersion(policy, 10_000, seen));
    expect(before).not.toBe(after);
    expect(blindVersion(policy, 11_000, "a.1")).toBe(before);
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

  it("is never to keep it longer than the origin says that it holds, nor how the edge knows", () => {
    const forClients = headersForClients(contract.getOpenApi.cache);
    const etag = '"1"';
    expect(forClients({ etag })).toEqual({ etag, "cache-control": "public, max-age=60" });
    expect(forClients({ etag, "gatehouse-fresh-for": "7" })).toEqual({
      etag,
      "cache-control": "public, max-age=7",
    });
    expect(forClients({ "gatehouse-fresh-for": "61" })).toEqual({ "cache-control": "public, max-age=60" });
    expect(headersForClients(policy)({ "gatehouse-fresh-for": "7" })).toEqual({
      "cache-control": "private, no-cache",
    });
  });
});
