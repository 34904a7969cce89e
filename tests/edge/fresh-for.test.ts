import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";

describe("an answer that holds only for a while", AGAIN_WHEN_BLIND, () => {
  let edge: EdgeUnderTest;
  let authorization: string;
  let made = 0;

  beforeAll(async () => {
    edge = await startEdgeUnderTest({ variables: sighted() });
    authorization = `Bearer ${await edge.token()}`;
  });
  afterAll(() => edge.stop());

  const holding = (seconds: number) => () => ({
    headers: { "gatehouse-fresh-for": String(seconds) },
    body: JSON.stringify({ made: made++ }),
  });
  const get = async (path: string) => {
    const answer = await fetch(edge.url + path, { headers: { authorization } });
    const { status, headers } = answer;
    expect(headers.get("gatehouse-fresh-for")).toBeNull();
    return { status, how: headers.get("cf-cache-status"), headers, body: await answer.text() };
  };
  const product = "/v1/products/0190a7c0-0000-7000-8000-000000000001";

  it("is served from the cache until then, and never as fresh from then on", async () => {
    edge.origin.answer = holding(2);
    const first = await get(product);
    const bornAt = Date.now();
    expect(first.how).toBe("MISS");
    expect(await get(product)).toMatchObject({ how: "HIT", body: first.body });
    const seen = new Set<string | null>();
    await expect
      .poll(
        async () => {
          const askedAt = Date.now();
          const { body, how } = await get(product);
          seen.add(how);
          // Two seconds after it came, whoever asks must not be given it.
          if (body === first.body) expect(askedAt - bornAt).toBeLessThan(2_000);
          return body;
        },
        { timeout: 10_000 },
      )
      .not.toBe(first.body);
    // Nor while a new one is fetched: that one is waited for.
    expect(seen).not.toContain("UPDATING");
    expect(seen).not.toContain("STALE");
  });

  it("is not shown once it has ended, though the origin is away: of a sale that is over it is known", async () => {
    const away = () => ({ status: 503, headers: { "content-type": "application/problem+json" } });
    const path = "/v1/products/0190a7c0-0000-7000-8000-000000000002";
    edge.origin.answer = holding(2);
    const { how, body } = await get(path);
    expect(how).toBe("MISS");
    const bornAt = Date.now();
    edge.origin.answer = away;
    await expect
      .poll(
        async () => {
          const askedAt = Date.now();
          const answer = await get(path);
          if (answer.body === body) expect(askedAt - bornAt).toBeLessThan(2_000);
          return answer.status;
        },
        { timeout: 10_000 },
      )
      .not.toBe(200);
  });

  it("is not kept by clients any longer either", async () => {
    edge.origin.answer = holding(7);
    expect((await get("/openapi.json")).headers.get("cache-control")).toBe("public, max-age=7");
  });
});
