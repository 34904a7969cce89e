import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { roomInWindow } from "#tests/support/quota-window.ts";

/** Redis hangs, refuses, crawls: requests neither wait nor fail, and the quota holds in each isolate. */

const TOKEN = "quota-outage-token-of-32-characters!!";
const LIMIT = 50;
/** Longer than the default, for a busy machine. */
const REDIS_TIMEOUT_MS = 500;

const RECOVERY = { timeout: 10_000, interval: 200 };

const faults: readonly (readonly [string, Fault])[] = [
  ["hangs", { kind: "blackhole" }],
  ["refuses connections", { kind: "refuse" }],
  ["takes a second", { kind: "delay", toServerMs: 500, toClientMs: 500 }],
  [
    "answers rubbish",
    { kind: "garbage", answer: Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") },
  ],
];

describe.each(faults)("while Redis %s", { timeout: 60_000 }, (_, fault) => {
  let redis: RunningRedis;
  let proxy: FaultProxy;
  let edge: EdgeUnderTest;

  beforeAll(async () => {
    redis = await startRedis({ token: TOKEN });
    const { hostname, port } = new URL(redis.url);
    proxy = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
    edge = await startEdgeUnderTest({
      variables: {
        UPSTASH_REDIS_REST_URL: proxy.url,
        UPSTASH_REDIS_REST_TOKEN: TOKEN,
        REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS),
        QUOTA_DEFAULT: String(LIMIT),
        QUOTA_PLANS: "large:1000000",
      },
    });
  });
  afterEach(() => proxy.set({ kind: "pass" }));
  afterAll(async () => {
    await edge.stop();
    await proxy.stop();
    await redis.stop();
  });

  async function me(client: string, claims: Record<string, unknown> = {}): Promise<Response> {
    const authorization = `Bearer ${await edge.token({ client_id: client, ...claims })}`;
    const answer = await fetch(`${edge.url}/v1/me`, { headers: { authorization } });
    await answer.text();
    return answer;
  }

  it("limits by itself at once, shows the quota but not where it stands, and comes back by itself", async () => {
    await roomInWindow(10_000);
    await vi.waitFor(async () => {
      expect((await me("first")).headers.get("x-ratelimit-remaining")).not.toBeNull();
    }, RECOVERY);

    await proxy.set(fault);
    proxy.sever();
    const answers: Response[] = [];
    const begun = performance.now();
    for (let i = 0; i < LIMIT + 5; i++) answers.push(await me("second"));
    const tookMs = performance.now() - begun;

    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: LIMIT }, () => 200),
      ...Array.from({ length: 5 }, () => 429),
    ]);
    // Had each waited for Redis, or one in two, it would have taken longer.
    if (fault.kind !== "refuse") expect(tookMs).toBeLessThan((answers.length * REDIS_TIMEOUT_MS) / 2);
    for (const { headers } of answers) {
      expect(headers.get("ratelimit-policy")).toBe(`"default";q=${LIMIT};w=60`);
      expect(headers.get("x-ratelimit-limit")).toBe(String(LIMIT));
      for (const name of ["ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"]) {
        expect(headers.get(name)).toBeNull();
      }
    }
    const retryAfter = Number(answers.at(-1)?.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(60);

    await proxy.set({ kind: "pass" });
    await vi.waitFor(async () => {
      expect((await me("third")).headers.get("x-ratelimit-remaining")).not.toBeNull();
    }, RECOVERY);
  });

  it("spends what it had leased", async () => {
    await roomInWindow(4_000);
    const warm = () => me("warm", { plan: "large" });
    await vi.waitFor(async () => {
      expect((await warm()).headers.get("x-ratelimit-remaining")).not.toBeNull();
    }, RECOVERY);
    for (let i = 0; i < 30; i++) await warm();
    await proxy.set(fault);
    const { status, headers } = await warm();
    expect(status).toBe(200);
    expect(headers.get("x-ratelimit-limit")).toBe("1000000");
  });
});
