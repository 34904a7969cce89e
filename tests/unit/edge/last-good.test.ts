import { beforeEach, describe, expect, it } from "vitest";
import { embeddedCache } from "#edge/cache/embedded.ts";
import { nameOf, withLastGood } from "#edge/cache/last-good.ts";
import type { Fill } from "#edge/cache/serve.ts";
import { contract } from "#shared/contract.ts";
import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";

const bytes = (text: string): ArrayBuffer => Uint8Array.from(new TextEncoder().encode(text)).buffer;

describe("a cache that remembers the last good version", () => {
  let now: number;
  let away: Problem | null;
  let body: string;
  let cache: ReturnType<typeof withLastGood>;

  beforeEach(() => {
    now = 1_000_000;
    away = null;
    body = "first";
    cache = withLastGood(embeddedCache(contract, answer, 1_000_000, () => now).serve);
  });

  const answer = () =>
    away === null ? Promise.resolve({ status: 200, headers: {}, body: bytes(body) }) : Promise.reject(away);
  const fillOf = (version: string, tenantId = "a", target = "/v1/products/1"): Fill => ({
    operationId: "getProduct",
    policy: contract.getProduct.cache,
    partition: { tenantId },
    version,
    target,
    ids: { requestId: "", correlationId: "", traceId: "", traceFlags: null },
    startedAt: now,
    waitUntil: (work) => void work.catch(() => undefined),
  });
  const read = async (version: string, tenantId?: string, target?: string) => {
    const served = await cache(fillOf(version, tenantId, target));
    return [served.word, new TextDecoder().decode(served.body)];
  };

  it("serves the earlier version, marked stale, when the origin goes away right after a write", async () => {
    expect(await read("1")).toEqual(["MISS", "first"]);
    away = new Problem("unavailable");
    expect(await read("2")).toEqual(["STALE", "first"]);
    expect(await read("3")).toEqual(["STALE", "first"]);
  });

  it("serves the new version as soon as the origin is back", async () => {
    await read("1");
    away = new Problem("deadline-exceeded");
    await read("2");
    away = null;
    body = "second";
    expect(await read("2")).toEqual(["MISS", "second"]);
  });

  it("does so for as long as the contract allows stale on errors, and no longer", async () => {
    await read("1");
    away = new Problem("unavailable");
    now += (300 + 86_399) * 1_000;
    expect(await read("2")).toEqual(["STALE", "first"]);
    now += 2_000;
    await expect(read("2")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("never serves another tenant's, nor anything when the origin refused rather than failed", async () => {
    await read("1");
    away = new Problem("unavailable");
    await expect(read("2", "b")).rejects.toMatchObject({ code: "unavailable" });
    away = new Problem("invalid-token");
    await expect(read("2")).rejects.toMatchObject({ code: "invalid-token" });
  });

  it("remembers no long target: twenty thousand of them would take more than the cache itself", async () => {
    const ids = (first: string) => `/v1/products?ids=${[first, ...Array(99).fill("x".repeat(36))].join()}`;
    const [one, other] = [ids("1"), ids("2")];
    const names = [one, other].map((target) => nameOf({ partition: { tenantId: "a" }, target }));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name.length).toBeLessThan(30);
    await read("1", "a", one);
    away = new Problem("unavailable");
    expect(await read("2", "a", one)).toEqual(["STALE", "first"]);
    await expect(read("2", "a", other)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("serves what is asked for often, however much else was asked for since it was stored", async () => {
    cache = withLastGood(embeddedCache(contract, answer, 100_000_000, () => now).serve);
    await read("1");
    for (let i = 0; i < 25_000; i++) {
      await read("1", "a", `/v1/products/other-${i}`);
      if (i % 1_000 > 0) continue;
      // Hits of one second are one object, which is looked at once.
      now += 1_000;
      expect(await read("1")).toEqual(["HIT", "first"]);
    }
    away = new Problem("unavailable");
    expect(await read("2")).toEqual(["STALE", "first"]);
  });
});

describe.each(
  Object.entries<Route>(contract).flatMap(([id, { cache }]) =>
    cache.kind === "shared" ? [[id, cache] as const] : [],
  ),
)("an answer of %s, while the origin is away", (operationId, policy) => {
  const FAILURES = ["unavailable", "overloaded", "deadline-exceeded", "bad-gateway"] as const;

  it.each(FAILURES)(
    "is served as long as `stale-if-error` says, whatever its version is by then (%s)",
    async (code) => {
      let now = 1_000_000;
      let away = false;
      const ask = () =>
        away
          ? Promise.reject(new Problem(code))
          : Promise.resolve({ status: 200, headers: {}, body: bytes("it") });
      const cache = withLastGood(embeddedCache(contract, ask, 1_000_000, () => now).serve);
      const read = async (version: string) => {
        const work: Promise<unknown>[] = [];
        const waitUntil = (some: Promise<unknown>) => void work.push(some.catch(() => undefined));
        const ids = { requestId: "", correlationId: "", traceId: "", traceFlags: null };
        const served = await cache({
          ...{ operationId, policy, partition: {}, target: "/", ids, startedAt: now },
          version,
          waitUntil,
        });
        await Promise.all(work);
        return served.word;
      };
      expect(await read("1")).toBe("MISS");
      away = true;
      now += (policy.maxAgeSeconds - 1) * 1_000;
      expect(await read("1")).toBe("HIT");
      expect(await read("2")).toBe("STALE");
      now += policy.staleIfErrorSeconds * 1_000;
      expect(await read("1")).toBe("STALE");
      expect(await read("3")).toBe("STALE");
      expect(await read("blind-7")).toBe("STALE");
      now += 2_000;
      for (const version of ["1", "2", "blind-7"]) {
        await expect(read(version)).rejects.toMatchObject({ code });
      }
    },
  );
});
