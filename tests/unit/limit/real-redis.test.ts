import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "@upstash/redis";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Availability } from "#edge/limit/availability.ts";
import type { Limiter } from "#edge/limit/decision.ts";
import { leasedLimiter } from "#edge/limit/leased.ts";
import { redisTake, type Take } from "#edge/limit/take.ts";
import { findRedisServer } from "#scripts/local/redis/server-process.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { secondsQuota } from "./edges.ts";

/** The same promise in real time, on a real Redis and on the engine: windows of a second, many clients. */

const TOKEN = "real-redis-token";
const WINDOWS = 4;
const kinds = [
  { name: "redis-server", kind: "best", absent: findRedisServer() === null },
  { name: "the in-process engine", kind: "in process", absent: false },
] as const;

const client = fc.record({
  limit: fc.integer({ min: 1, max: 80 }),
  /** Of each of the edges, in milliseconds. */
  offsets: fc.array(fc.integer({ min: -60_000, max: 60_000 }), { minLength: 1, maxLength: 8 }),
  everyMs: fc.integer({ min: 4, max: 40 }),
  cost: fc.integer({ min: 1, max: 3 }),
  delaysMs: fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 1, maxLength: 7 }),
  losses: fc.array(fc.constantFrom("none", "none", "question", "answer"), { minLength: 1, maxLength: 7 }),
  refundEvery: fc.integer({ min: 2, max: 20 }),
});
type Client = typeof client extends fc.Arbitrary<infer T> ? T : never;

describe.each(kinds)("on $name", ({ kind, absent }) => {
  describe.skipIf(absent)("where there is one", () => {
    let running: RunningRedis;
    let redis: Redis;

    beforeAll(async () => {
      running = await startRedis({ token: TOKEN, kind });
      redis = new Redis({ url: running.url, token: TOKEN, retry: false });
    });
    afterAll(() => running.stop());

    /** The way there and back of one edge, with what happens on it. */
    function faulty({ delaysMs, losses }: Client, edge: number): Take {
      const take = redisTake(redis);
      let turn = edge;
      return async (key, ask) => {
        const loss = losses[turn++ % losses.length];
        await sleep(delaysMs[turn % delaysMs.length]);
        if (loss === "question") throw new Error("lost");
        const grant = await take(key, ask);
        await sleep(delaysMs[(turn + 1) % delaysMs.length]);
        if (loss === "answer") throw new Error("lost");
        return grant;
      };
    }

    function edgesOf(client: Client): Limiter[] {
      return client.offsets.map((offset, edge) => {
        const now = () => Date.now() + offset;
        const availability = new Availability(() => redis.ping(), now);
        const take = faulty(client, edge);
        return leasedLimiter(secondsQuota(client.limit, 1), {
          take,
          availability,
          now,
          pause: sleep,
          patienceMs: 5_000,
        });
      });
    }

    /** Units admitted to one client in each window of Redis's clock, which is this machine's. */
    async function drive(client: Client, key: string): Promise<Map<number, number>> {
      const admitted = new Map<number, number>();
      const edges = edgesOf(client);
      const requests: Promise<void>[] = [];
      let sent = 0;
      const send = async (limiter: Limiter, refunds: boolean): Promise<void> => {
        const decided = limiter(key, client.cost, (work) => void work.catch(() => undefined));
        const decision = decided instanceof Promise ? await decided.catch(() => null) : decided;
        if (!decision?.admitted) return;
        if (refunds) return decision.refund();
        const window = Math.floor(Date.now() / 1_000);
        admitted.set(window, (admitted.get(window) ?? 0) + client.cost);
      };
      for (const ends = Date.now() + WINDOWS * 1_000; Date.now() < ends; await sleep(client.everyMs)) {
        for (const limiter of edges) requests.push(send(limiter, ++sent % client.refundEvery === 0));
      }
      await Promise.all(requests);
      return admitted;
    }

    it("no client is admitted above its quota in any window", { timeout: 30_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(client, { minLength: 20, maxLength: 20 }), async (clients) => {
          const driven = await Promise.all(
            clients.map(async (client, i) => ({ client, admitted: await drive(client, `${kind}-${i}`) })),
          );
          for (const { client, admitted } of driven) {
            for (const units of admitted.values()) expect(units).toBeLessThanOrEqual(client.limit);
          }
          const total = driven.flatMap(({ admitted }) => [...admitted.values()]).reduce((a, b) => a + b, 0);
          expect(total).toBeGreaterThan(100);
        }),
        { numRuns: 1, endOnFailure: true },
      );
    });
  });
});
