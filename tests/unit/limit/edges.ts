import { Availability } from "#edge/limit/availability.ts";
import type { Decision, Limiter } from "#edge/limit/decision.ts";
import { leasedLimiter, quotaKey } from "#edge/limit/leased.ts";
import { type Quota, quotaOf } from "#edge/limit/plans.ts";
import { redisTake } from "#edge/limit/take.ts";
import { inProcessRedis } from "#scripts/local/redis/engine.ts";
import { type VirtualTime, virtualTime } from "./virtual-time.ts";

/** What one edge has of its own: a clock, and a way to Redis. */
export type EdgeTraits = {
  readonly offsetMs: number;
  /** How much faster its clock runs, in millionths. */
  readonly driftPpm: number;
  /** The clock stands still for so long at a time, as a Worker's does while it computes. */
  readonly tickMs: number;
  /** Delays of questions and answers, in turn. */
  readonly delaysMs: readonly number[];
  /** Which messages are lost, in turn: on the way there, on the way back. */
  readonly losses: readonly ("none" | "question" | "answer")[];
};

export type World = {
  readonly time: VirtualTime;
  readonly limiters: readonly Limiter[];
  /** How often Redis was asked. */
  readonly asked: () => number;
  /** Units granted in the window that Redis last granted any of. */
  readonly granted: () => Promise<number>;
  /** Units admitted, less what was refunded, by window. */
  readonly admitted: Map<number, number>;
  readonly send: (edge: number, atMs: number, cost: number, refundAfterMs?: number) => void;
  readonly outcomes: Record<"admitted" | "refused" | "failed", number>;
};

/** The beginning of a window, whatever its length. */
const START = 1_700_000_040_000;
const CLIENT = "client";
const FAULTLESS: EdgeTraits = { offsetMs: 0, driftPpm: 0, tickMs: 1, delaysMs: [1], losses: ["none"] };

/** A leased quota of so many units in so many seconds. */
export function secondsQuota(limit: number, windowSeconds: number): Quota {
  return quotaOf("default", { limit, windowSeconds, plans: {}, algorithm: "leased" }, null);
}

/** Edges with leased limiters around one Redis, all in virtual time; windows are counted by Redis's clock. */
export function world(quota: Quota, edges: readonly Partial<EdgeTraits>[]): World {
  const time = virtualTime(START);
  const engine = inProcessRedis(time.now);
  let asked = 0;
  const admitted = new Map<number, number>();
  const outcomes = { admitted: 0, refused: 0, failed: 0 };
  const limiters = edges.map((traits) => limiterOf({ ...FAULTLESS, ...traits }));

  function limiterOf({ offsetMs, driftPpm, tickMs, delaysMs, losses }: EdgeTraits): Limiter {
    let turn = 0;
    let delays = 0;
    const delay = () => time.sleep(delaysMs[delays++ % delaysMs.length] ?? 0);
    const take = redisTake({
      async eval(script, keys, args) {
        asked++;
        const loss = losses[turn++ % losses.length];
        await delay();
        if (loss === "question") throw new Error("lost");
        const answer = await engine.execute(["EVAL", script, String(keys.length), ...keys, ...args]);
        await delay();
        if (loss === "answer") throw new Error("lost");
        return answer;
      },
    });
    const now = () => {
      const passed = time.now() - START;
      return Math.floor((START + offsetMs + passed + (passed * driftPpm) / 1e6) / tickMs) * tickMs;
    };
    const probe = { limit: 1, windowMs: 1_000, cost: 1, need: 1, want: 1, held: 0 };
    const availability = new Availability(() => take("probe", probe), now);
    return leasedLimiter(quota, { take, availability, now, pause: time.sleep, patienceMs: 60_000 });
  }

  async function request(edge: number, atMs: number, cost: number, refundAfterMs?: number): Promise<void> {
    await time.sleep(atMs);
    const limiter = limiters[edge];
    if (limiter === undefined) throw new Error("there is no such edge");
    let decision: Decision;
    try {
      const waitUntil = (work: Promise<unknown>) => void work.catch(() => undefined);
      const decided = limiter(CLIENT, cost, waitUntil);
      decision = decided instanceof Promise ? await decided : decided;
    } catch {
      outcomes.failed++;
      return;
    }
    if (!decision.admitted) {
      outcomes.refused++;
      return;
    }
    outcomes.admitted++;
    const window = Math.floor(time.now() / (quota.windowSeconds * 1000));
    const count = (units: number) => admitted.set(window, (admitted.get(window) ?? 0) + units);
    count(cost);
    if (refundAfterMs === undefined) return;
    await time.sleep(refundAfterMs);
    count(-cost);
    decision.refund();
  }

  return {
    time,
    limiters,
    asked: () => asked,
    granted: async () => Number(await engine.execute(["HGET", quotaKey(quota, CLIENT), "used"])),
    admitted,
    send: (edge, atMs, cost, refundAfterMs) => void request(edge, atMs, cost, refundAfterMs),
    outcomes,
  };
}
