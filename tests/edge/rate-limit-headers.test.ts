import { Redis } from "@upstash/redis";
import { type Item, type Parameters, parseList } from "structured-headers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";
import { roomInWindow } from "#tests/support/quota-window.ts";

/** draft-ietf-httpapi-ratelimit-headers-10, read with a parser that is not ours. */

const TOKEN = "rate-limit-headers-token-of-32-characters";
const PRODUCT = "/v1/products/0190a7c0-0000-7000-8000-0000000000b1";
const UNLIMITED = "batch-job";
const TENANT = "0190a7c0-0000-7000-8000-00000000000a";

type Stated = { policy: string; limit: number; window: number; remaining: number; reset: number };

function only(header: string | null): [string, Map<string, unknown>] {
  const list = parseList(header ?? "");
  expect(list, String(header)).toHaveLength(1);
  const [name, parameters] = list[0] as Item | [never, Parameters];
  expect(name).toBeTypeOf("string");
  return [String(name), parameters];
}

/** What the headers state, once they were found to agree with each other. */
function stated(headers: Headers): Stated {
  const [policy, { limit, window }] = policyOf(headers);
  const [name, parameters] = only(headers.get("ratelimit"));
  const remaining = Number(parameters.get("r"));
  const reset = Number(parameters.get("t"));
  expect(name).toBe(policy);
  expect(headers.get("x-ratelimit-limit")).toBe(String(limit));
  expect(headers.get("x-ratelimit-remaining")).toBe(String(remaining));
  expect(headers.get("x-ratelimit-reset")).toBe(String(reset));
  expect(reset).toBeGreaterThanOrEqual(1);
  expect(reset).toBeLessThanOrEqual(window);
  expect(remaining).toBeLessThanOrEqual(limit);
  return { policy, limit, window, remaining, reset };
}

function policyOf(headers: Headers): [string, { limit: number; window: number }] {
  const [policy, parameters] = only(headers.get("ratelimit-policy"));
  return [policy, { limit: Number(parameters.get("q")), window: Number(parameters.get("w")) }];
}

describe("the rate-limit headers", () => {
  let redis: RunningRedis;
  let edge: EdgeUnderTest;
  let client = 0;

  beforeAll(async () => {
    redis = await startRedis({ token: TOKEN });
    edge = await startEdgeUnderTest({
      variables: {
        UPSTASH_REDIS_REST_URL: redis.url,
        UPSTASH_REDIS_REST_TOKEN: TOKEN,
        // However busy the machine is.
        REDIS_TIMEOUT_MS: "5000",
        QUOTA_DEFAULT: "40",
        QUOTA_TOKEN: "3",
        QUOTA_PLANS: "free:3,scale:500",
        UNLIMITED_CLIENTS: `${TENANT}/${UNLIMITED}`,
      },
    });
  });
  beforeEach(async () => {
    await roomInWindow(3_000);
    client++;
    edge.origin.answer = () => ({ headers: { etag: '"1"' } });
  });
  afterAll(async () => {
    await edge.stop();
    await redis.stop();
  });

  /** As a client of this test's own. */
  async function send(
    path: string,
    { claims = {}, ...init }: RequestInit & { claims?: Record<string, unknown> } = {},
  ): Promise<Response> {
    const token = await edge.token({ client_id: `client-${client}`, ...claims });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers };
    return fetch(edge.url + path, { ...init, headers });
  }

  const notFound = {
    status: 404,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: "/problems/not-found",
      title: "t",
      status: 404,
      code: "not-found",
      requestId: "r",
    }),
  };

  it.each([
    ["a 200 from the origin", 200, "/v1/me", {}],
    ["a 200 from the cache", 200, PRODUCT, {}],
    ["a 304", 304, PRODUCT, { headers: { "if-none-match": '"1"' } }],
    ["a 400 of the edge", 400, "/v1/products?pageSize=0", {}],
    ["a 415 of the edge", 415, "/v1/products", { method: "POST", headers: { "content-type": "text/plain" } }],
  ])("are on %s", async (_, status, path, init) => {
    await (await send(path)).text();
    const answer = await send(path, init);
    await answer.text();
    expect(answer.status).toBe(status);
    expect(stated(answer.headers)).toMatchObject({ policy: "default", limit: 40, window: 60 });
  });

  it("are on a 404 of the origin", async () => {
    edge.origin.answer = () => notFound;
    const answer = await send("/v1/products/0190a7c0-0000-7000-8000-00000000dead");
    expect(answer.status).toBe(404);
    stated(answer.headers);
  });

  it("are on what anybody may ask for, by address", async () => {
    const answer = await fetch(`${edge.url}/openapi.json`, { headers: { "cf-connecting-ip": "192.0.2.7" } });
    expect(stated(answer.headers)).toMatchObject({ policy: "anonymous", limit: 600 });
  });

  it("count an IPv6 network as one caller", async () => {
    const left = async (address: string) =>
      stated((await fetch(`${edge.url}/openapi.json`, { headers: { "cf-connecting-ip": address } })).headers)
        .remaining;
    expect(await left("2001:db8:1:2::1")).toBe(599);
    expect(await left("2001:0db8:1:2:ffff::9")).toBe(598);
    expect(await left("2001:db8:1:3::1")).toBe(599);
  });

  it("are on a 429, which says when to come back and names what was violated", async () => {
    const claims = { plan: "free" };
    for (let i = 0; i < 3; i++) await (await send("/v1/me", { claims })).text();
    const answer = await send("/v1/me", { claims });
    expect(answer.status).toBe(429);
    const { policy, remaining, reset } = stated(answer.headers);
    expect({ policy, remaining }).toEqual({ policy: "free", remaining: 0 });
    expect(answer.headers.get("retry-after")).toBe(String(reset));
    expect(await answer.json()).toMatchObject({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      code: "quota-exceeded",
      "violated-policies": ["free"],
      detail: 'the quota "free" is 3 units in 60 s; this costs 1',
    });
  });

  it("follow the plan that the token names, and the default for one that is not known", async () => {
    const limitOf = async (plan: unknown) =>
      stated((await send("/v1/me", { claims: { plan } })).headers).limit;
    expect(await limitOf("scale")).toBe(500);
    expect(await limitOf("no-such-plan")).toBe(40);
    expect(await limitOf({ tier: "scale" })).toBe(40);
    expect(await limitOf("__proto__")).toBe(40);
    expect(await limitOf("constructor")).toBe(40);
  });

  it("show that two tokens of one client draw on one quota, whatever their plans", async () => {
    const left = async (plan: string) =>
      stated((await send("/v1/me", { claims: { plan } })).headers).remaining;
    await left("default");
    await left("default");
    expect(await left("scale")).toBeLessThanOrEqual(500 - 3);
  });

  it("show what a route weighs", async () => {
    const { remaining } = stated((await send("/v1/me")).headers);
    const answer = await send("/v1/products/import", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: "{}\n",
    });
    await answer.text();
    expect(stated(answer.headers).remaining).toBe(remaining - 10);
  });

  it("are not on answers to a client that no quota holds for", async () => {
    for (let i = 0; i < 45; i++) {
      const answer = await send("/v1/me", { claims: { client_id: UNLIMITED } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("ratelimit-policy")).toBeNull();
      await answer.text();
    }
  });

  it("show that what the edge itself fails costs nothing, and that the origin's failures do", async () => {
    const { remaining } = stated((await send("/v1/me")).headers);
    edge.origin.answer = () => ({ status: 418 });
    for (let i = 0; i < 3; i++) {
      const failed = await send("/v1/me");
      expect(failed.status).toBe(502);
      expect(stated(failed.headers).remaining).toBe(remaining);
      await failed.text();
    }
    edge.origin.answer = () => ({
      ...notFound,
      status: 503,
      body: notFound.body.replace("not-found", "unavailable"),
    });
    expect(stated((await send("/v1/me")).headers).remaining).toBe(remaining - 1);
  });

  it.each([
    ["quotes and backslashes", 'a"b\\c'],
    ["Lua", '\'])redis.call("FLUSHALL")--'],
    ["line breaks", "a\r\nSET x y\r\n"],
    ["separators", "a:b/c d"],
    ["a glob", "*"],
    ["another script", "客户\u{1f600}"],
  ])("count clients with %s in their ids apart from others", async (_, hostile) => {
    const left = async (id: string) =>
      stated((await send("/v1/me", { claims: { client_id: id } })).headers).remaining;
    expect(await left(hostile)).toBe(39);
    expect(await left(hostile)).toBe(38);
    expect(await left(`${hostile}x`)).toBe(39);
  });

  it("are on what asks for a token, by address, where what the edge fails is given back too", async () => {
    const ask = async () => {
      const answer = await fetch(`${edge.url}/v1/oauth/token`, {
        method: "POST",
        headers: { "cf-connecting-ip": "198.51.100.7", "content-type": "application/x-www-form-urlencoded" },
        body: "grant_type=client_credentials",
      });
      await answer.text();
      return answer;
    };
    const left = async () => stated((await ask()).headers).remaining;
    expect(await left()).toBe(2);
    edge.origin.answer = () => ({ status: 418 });
    expect(await left()).toBe(2);
    edge.origin.answer = () => ({});
    // The refund goes on behind the answer.
    await vi.waitFor(async () => expect(Number(await counted())).toBe(1));
    expect(await left()).toBe(1);
    expect(await left()).toBe(0);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBe(stated(refused.headers).reset);
  });

  const store = () => new Redis({ url: redis.url, token: TOKEN, retry: false });
  const counted = async () => {
    const [key = ""] = await store().keys("gatehouse:quota:token:60:198.51.100.7:*");
    return store().get(key);
  };

  it("leave nothing in Redis that outlives the window, or two of them where it slides", async () => {
    const keys = await store().keys("gatehouse:quota*");
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) {
      const ms = await store().pttl(key);
      expect(ms, key).not.toBe(-1);
      expect(ms, key).toBeLessThanOrEqual(key.startsWith("gatehouse:quota:token") ? 121_000 : 60_000);
    }
  });
});
