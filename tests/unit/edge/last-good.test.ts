import { beforeEach, describe, expect, it } from "vitest";
import { embeddedCache } from "#edge/cache/embedded.ts";
import { withLastGood } from "#edge/cache/last-good.ts";
import type { Fill } from "#edge/cache/serve.ts";
import { contract } from "#shared/contract.ts";
import { Problem } from "#shared/problems.ts";

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
    const askForAll = () =>
      away === null ? Promise.resolve({ status: 200, headers: {}, body: bytes(body) }) : Promise.reject(away);
    cache = withLastGood(embeddedCache(askForAll, 1_000_000, () => now));
  });

  const read = async (version: string, tenantId = "a") => {
    const fill: Fill = {
      operationId: "getProduct",
      policy: contract.getProduct.cache,
      partition: { tenantId },
      version,
      target: "/v1/products/1",
      ids: { requestId: "", correlationId: "", traceId: "" },
      waitUntil: (work) => void work.catch(() => undefined),
    };
    const served = await cache.serve(fill);
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
});
