import { setTimeout as delay } from "node:timers/promises";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findRedisServer } from "#scripts/local/redis/server-process.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { redisCases } from "./redis-cases.ts";
import { redisScriptCases } from "./redis-script-cases.ts";

/** The same cases against the in-process engine and a real server: neither may be told from the other. */

const TOKEN = "conformance-token";
const cases = [...redisCases, ...redisScriptCases].map(([title, ...steps]) => ({ title, steps }));

const kinds = [
  { name: "the in-process engine", kind: "in process", absent: false },
  { name: "redis-server", kind: "best", absent: findRedisServer() === null },
] as const;

describe.each(kinds)("$name", ({ kind, absent }) => {
  describe.skipIf(absent)("on this machine", () => {
    let running: RunningRedis;
    let redis: Redis;

    beforeAll(async () => {
      running = await startRedis({ token: TOKEN, kind });
      redis = new Redis({ url: running.url, token: TOKEN, retry: false, automaticDeserialization: false });
    });
    afterAll(() => running.stop());
    beforeEach(() => redis.flushall());

    const raw = async (command: readonly (string | number)[]): Promise<unknown> => {
      const response = await fetch(running.url, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(command),
      });
      const body: unknown = await response.json();
      if (typeof body !== "object" || body === null) throw new Error("no envelope");
      return "result" in body ? body.result : body;
    };

    test.each(cases)("$title", async ({ steps }) => {
      for (const [command, expected] of steps) {
        const answer = await raw(command);
        const about = command.join(" ");
        if (expected instanceof RegExp) {
          expect(answer, about).toEqual({ error: expect.stringMatching(expected) });
        } else expect(answer, about).toEqual(expected);
      }
    });

    test("a key is gone once its time is over", async () => {
      await redis.set("k", "v", { px: 30 });
      expect(await redis.get("k")).toBe("v");
      await expect.poll(() => redis.exists("k"), { interval: 10 }).toBe(0);
      expect(await redis.ttl("k")).toBe(-2);
    });

    test("TIME is the clock", async () => {
      const [seconds, microseconds] = await redis.time();
      expect(Math.abs(Number(seconds) * 1000 + Number(microseconds) / 1000 - Date.now())).toBeLessThan(2_000);
    });

    test("values keep every character, and a value that says OK stays one", async () => {
      for (const value of ["Grüße 🚪", 'a "quoted" \\ line\n', "\u0000\u0001", "OK", "PONG", ""]) {
        await redis.set("k", value);
        expect(await redis.get("k")).toBe(value);
      }
    });

    test("concurrent scripts do not interleave", async () => {
      const script = "local n = tonumber(redis.call('GET', KEYS[1]) or 0) redis.call('SET', KEYS[1], n + 1)";
      await Promise.all(Array.from({ length: 50 }, () => redis.eval(script, ["n"], [])));
      expect(await redis.get("n")).toBe("50");
    });

    // Again where the machine was too busy to make five attempts in a second.
    test("a fixed window admits its limit and no more, until the next one", { retry: 3 }, async () => {
      const limiter = ratelimit(Ratelimit.fixedWindow(3, "1000 ms"));
      // Windows are aligned to the clock: the attempts have to fall into one.
      await delay(1_000 - (Date.now() % 1_000));
      const admitted = await attempts(limiter, "client", 5);
      expect(admitted).toEqual([true, true, true, false, false]);
      expect((await limiter.limit("another")).success).toBe(true);
      await delay(1_010);
      expect((await limiter.limit("client")).success).toBe(true);
    });

    test("a fixed window spends what a request costs", async () => {
      const limiter = ratelimit(Ratelimit.fixedWindow(10, "60 s"));
      expect((await limiter.limit("client", { rate: 7 })).remaining).toBe(3);
      expect((await limiter.getRemaining("client")).remaining).toBe(3);
      await limiter.resetUsedTokens("client");
      expect((await limiter.getRemaining("client")).remaining).toBe(10);
    });

    test("a sliding window counts what is left of the window before", async () => {
      const limiter = ratelimit(Ratelimit.slidingWindow(4, "60 s"));
      const admitted = await attempts(limiter, "client", 6);
      expect(admitted).toEqual([true, true, true, true, false, false]);
      expect((await limiter.getRemaining("client")).remaining).toBe(0);
    });

    test("a token bucket refills at its rate", async () => {
      const limiter = ratelimit(Ratelimit.tokenBucket(1, "600 ms", 2));
      expect(await attempts(limiter, "client", 3)).toEqual([true, true, false]);
      await delay(610);
      expect(await attempts(limiter, "client", 2)).toEqual([true, false]);
    });

    const ratelimit = (limiter: ReturnType<typeof Ratelimit.fixedWindow>) =>
      new Ratelimit({ redis: new Redis({ url: running.url, token: TOKEN }), limiter, ephemeralCache: false });

    const attempts = async (limiter: Ratelimit, key: string, count: number): Promise<boolean[]> => {
      const outcomes: boolean[] = [];
      for (let i = 0; i < count; i++) outcomes.push((await limiter.limit(key)).success);
      return outcomes;
    };
  });
});
