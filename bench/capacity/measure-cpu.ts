import { setTimeout as sleep } from "node:timers/promises";
import { patch } from "../cache/writes.ts";
import { get } from "../contestant.ts";
import { childrenOf, cpuSeconds } from "../cpu.ts";
import type { Mixture } from "../load/job.ts";
import { ID_SLOT } from "../load/requests.ts";
import { measure } from "../process.ts";
import { type SmallStack, withSmallStack } from "./small-stack.ts";
import { PRODUCTS } from "./small-traffic.ts";

/** What `CPU_MS` of `cost.ts` is, measured on real parts: CPU time, which a busy machine changes little. */

const CONNECTIONS = 16;
const SECONDS = 12;
/** What all of it costs while nobody asks is taken off. */
const IDLE_SECONDS = 5;
const WARM_UP_SECONDS = 5;

/** Milliseconds of a core for one. */
export type CpuMs = { readonly edge: number; readonly origin: number; readonly database: number };

type Load = Pick<Mixture, "keys" | "exponent" | "writeShare"> & { readonly rate: number };

/** All of them the edge's cache to answer. */
const HITS: Load = { keys: 50, exponent: 0, writeShare: 0, rate: 1_000 };
/** Nearly all of them the origin's: what is asked for was not asked for before. */
const MISSES: Load = { keys: PRODUCTS, exponent: 0, writeShare: 0, rate: 200 };
const WRITES: Load = { keys: PRODUCTS, exponent: 0, writeShare: 1, rate: 50 };

/** Takes about a minute. */
export function measureCpu(progress: (text: string) => void): Promise<Record<string, CpuMs>> {
  return withSmallStack(progress, async (stack) => {
    progress("nothing");
    const idle = await charged(stack, async () => {
      await sleep(IDLE_SECONDS * 1_000);
      return IDLE_SECONDS;
    });
    const each = async (what: string, load: Load) => {
      progress(what);
      await measure({ ...jobFor(stack, load), seconds: WARM_UP_SECONDS }, stack);
      return charged(
        stack,
        async () => (await measure({ ...jobFor(stack, load), seconds: SECONDS }, stack)).requests,
        idle,
      );
    };
    return {
      "a hit": await each("hits", HITS),
      "a read at the origin": await each("misses", MISSES),
      "a write": await each("writes", WRITES),
    };
  });
}

/** @param work tells what the time is divided by @param idle of a second, to be taken off */
async function charged(
  { originPid, databasePids, pids }: SmallStack,
  work: () => Promise<number>,
  idle: CpuMs = { edge: 0, origin: 0, database: 0 },
): Promise<CpuMs> {
  const now = () => [pids, [originPid], databasePids.flatMap(family)].map(cpuSeconds);
  const begunAt = performance.now();
  const before = now();
  const count = await work();
  const after = now();
  const seconds = (performance.now() - begunAt) / 1_000;
  const [edge = 0, origin = 0, database = 0] = after.map(
    (each, index) => 1_000 * (each - (before[index] ?? 0)),
  );
  return {
    edge: (edge - idle.edge * seconds) / count,
    origin: (origin - idle.origin * seconds) / count,
    database: (database - idle.database * seconds) / count,
  };
}

/** A process and those that it started: Postgres has one for each connection. */
function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

function jobFor({ port, token }: SmallStack, { rate, ...load }: Load) {
  const target = `/v1/products/${ID_SLOT}`;
  const read = get(target, { authorization: `Bearer ${token}` });
  return {
    port,
    requests: { ...load, read, write: patch(target, token), seed: Date.now() },
    connections: CONNECTIONS,
    warmUp: 0,
    rate,
  };
}
