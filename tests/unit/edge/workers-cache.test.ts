import { describe, expect, it } from "vitest";
import type { Answer } from "#edge/cache/answer.ts";
import type { Question } from "#edge/cache/fill.ts";
import { answerFill, purgeOwn } from "#edge/cache/workers.ts";
import { contract } from "#shared/contract.ts";

/** The entrypoint behind Workers Cache, which exists on Cloudflare only: what it says to that cache. */
describe("a fill of Workers Cache", () => {
  const body = Uint8Array.from(new TextEncoder().encode("{}")).buffer;
  let asked: Question | null = null;
  const fill = async (answer: Omit<Answer, "body">, tookMs = 0, headers: Record<string, string> = {}) => {
    let now = 0;
    const askForAll = async (question: Question) => {
      asked = question;
      now += tookMs;
      return { ...answer, body };
    };
    const request = new Request("https://cached-origin/v1/products/1", { headers });
    return answerFill(
      request,
      { tenantId: "t", operationId: "getProduct" },
      { contract, askForAll, now: () => now, version: "v-1" },
    );
  };

  it("says by the contract how long it may be kept", async () => {
    const { headers } = await fill({ status: 200, headers: { etag: '"1"' } });
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("cache-control")).toBe("max-age=300, stale-while-revalidate=60, stale-if-error=86400");
  });

  it("is kept no longer than its answer holds, less the time that it took", async () => {
    const { headers } = await fill({ status: 200, headers: { "gatehouse-fresh-for": "10" } }, 1_200);
    expect(headers.get("cache-control")).toBe("max-age=8, stale-while-revalidate=0, stale-if-error=0");
    expect(headers.get("gatehouse-fresh-for")).toBe("8");
  });

  it("asks the origin whether what Workers Cache has still holds, and says so", async () => {
    const answer = await fill({ status: 304, headers: { etag: '"1"' } }, 0, { "if-none-match": '"1"' });
    expect(asked).toMatchObject({ ifNoneMatch: '"1"', partition: { tenantId: "t" } });
    expect([answer.status, answer.body, answer.headers.get("etag")]).toEqual([304, null, '"1"']);
    expect(answer.headers.get("cache-control")).toContain("max-age=300");
    await fill({ status: 200, headers: {} });
    expect(asked).toMatchObject({ ifNoneMatch: null });
  });

  it("has tags, so that an operator can purge it", async () => {
    const { headers } = await fill({ status: 200, headers: {} });
    expect(headers.get("cache-tag")).toBe(
      "route:getProduct,version:v-1,tenant:t,collection:products,item:products:1",
    );
  });
});

describe("a purge of Workers Cache", () => {
  it("orders what the operator wants, and passes on that the quota is used up", async () => {
    const ordered: unknown[] = [];
    const cache = (success: boolean) => ({
      purge: async (options: unknown) => {
        ordered.push(options);
        return { success, zoneTag: "z", errors: success ? [] : [{ code: 10_429, message: "rate limited" }] };
      },
    });
    expect(await purgeOwn(cache(true), { tags: ["a"] })).toEqual({
      success: true,
      errors: [],
      reach: "network",
    });
    expect(await purgeOwn(cache(false), { purgeEverything: true })).toEqual({
      success: false,
      errors: [{ code: 10_429, message: "rate limited" }],
      reach: "network",
    });
    expect(ordered).toEqual([{ tags: ["a"] }, { purgeEverything: true }]);
  });

  it("is no success where there is no such cache", async () => {
    await expect(purgeOwn(undefined, { purgeEverything: true })).rejects.toThrow();
  });
});
