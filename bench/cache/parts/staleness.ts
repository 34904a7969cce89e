import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { LOCK_NAME } from "#origin/relay/store.ts";
import { contract } from "#shared/contract.ts";
import type { Check } from "../../bars/part.ts";
import { voidFor } from "../../bars/verdict.ts";
import { productId } from "../../contestants/product.ts";
import { idleShare } from "../../cpu.ts";
import { measure } from "../../process.ts";
import { quantile } from "../../report/statistics.ts";
import type { BenchStack, Context, Part } from "../part.ts";
import { type Staleness, stalenessOf } from "../staleness.ts";
import { watch } from "../watch.ts";
import { patch, type Writer, writeByApi, writeBySql } from "../writes.ts";

/** From a write's commit to the last answer of before it, at four edges that only Redis tells of it. */

const BOUND_MS = 2_000;
const BLIND_BOUND_MS = contract.getProduct.cache.blindMaxAgeSeconds * 1_000;
/** All in the first thousand products, which no writer takes for its unwatched ones. */
const WATCHED = [10, 20, 30, 40, 50];
/** After the last write, until nobody can see anything older. */
const SETTLE_MS = 2_500;
const SQL_ROWS_PER_SECOND = 2_000;
/** A run that other work on the machine has spoilt is worth another one. */
const ATTEMPTS = 2;

type Run = {
  readonly name: string;
  readonly boundMs: number;
  readonly write: (bench: BenchStack) => Writer;
  readonly settleMs: number;
  readonly relayStopped: boolean;
};
type Outcome = {
  readonly staleness: readonly Staleness[];
  readonly count: { readonly confirmed: number; readonly failed: number };
  readonly answers: number;
  readonly failures: number;
  readonly idle: number;
};

export const staleness: Part = {
  name: "c",
  title: "Staleness at 4 edges, from commit to the last old answer",
  async run(context) {
    const bench = await context.stack();
    context.progress("measuring the write capacity");
    const capacity = await writeCapacity(bench, Math.min(5, context.settings.seconds));
    const checks: Check[] = [];
    const outcomes: unknown[] = [];
    for (const run of runsFor(capacity)) {
      const outcome = await attempt(run, bench, context);
      outcomes.push({ name: run.name, ...outcome });
      checks.push(...checksOf(run, outcome));
    }
    return { checks, details: { capacity, outcomes } };
  },
};

function runsFor(capacity: number): Run[] {
  const half = Math.floor(capacity / 2);
  const usual = { boundMs: BOUND_MS, settleMs: SETTLE_MS, relayStopped: false };
  const byApi = (rate: number) => (bench: BenchStack) => writeByApi(bench, WATCHED, rate);
  return [
    { ...usual, name: "1 write/s", write: byApi(1) },
    { ...usual, name: "50 writes/s", write: byApi(50) },
    { ...usual, name: `${half} writes/s, half of what it can`, write: byApi(half) },
    {
      ...usual,
      name: `${SQL_ROWS_PER_SECOND} outbox rows/s by SQL`,
      write: (bench) => writeBySql(bench, WATCHED, SQL_ROWS_PER_SECOND),
    },
    {
      name: "1 write/s, relay stopped",
      boundMs: BLIND_BOUND_MS,
      write: byApi(1),
      settleMs: BLIND_BOUND_MS + SETTLE_MS,
      relayStopped: true,
    },
  ];
}

async function attempt(run: Run, bench: BenchStack, context: Context): Promise<Outcome> {
  for (let left = ATTEMPTS; ; left--) {
    context.progress(`${run.name}, for ${context.settings.seconds} s`);
    const outcome = await measured(run, bench, context.settings.seconds);
    if (left === 1 || voidFor(outcome.idle) === undefined) return outcome;
  }
}

async function measured(run: Run, bench: BenchStack, seconds: number): Promise<Outcome> {
  const watching = watch(bench, WATCHED);
  // Every edge has every watched product before the first write.
  await pause(1_000);
  const relay = run.relayStopped ? await holdRelay(bench) : null;
  const idle = idleShare();
  const writer = run.write(bench);
  await pause(seconds * 1_000);
  const count = { ...writer.count() };
  const share = idle();
  await writer.stop();
  await pause(run.settleMs);
  watching.stop();
  await relay?.release();
  if (relay !== null) await pause(SETTLE_MS);
  return {
    staleness: stalenessOf(writer.writes, watching.answers),
    count,
    answers: watching.answers.length,
    failures: watching.failures(),
    idle: share,
  };
}

/** No relay can take its turn while another session holds its lock. */
async function holdRelay({ ownerUrl }: BenchStack) {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  await sql`select pg_advisory_lock(hashtextextended(${LOCK_NAME}, 0))`;
  return { release: () => sql.end() };
}

async function writeCapacity({ writer, token }: BenchStack, seconds: number): Promise<number> {
  const requests = Array.from({ length: 500 }, (_, i) =>
    patch(`/v1/products/${productId(1_000 + i)}`, token),
  );
  const job = { port: writer.port, requests, connections: 8, warmUp: 2, seconds, rate: null };
  return (await measure(job, { pids: writer.pids })).requestsPerSecond;
}

function checksOf(run: Run, { staleness: all, count, answers, failures, idle }: Outcome): Check[] {
  const sorted = Float64Array.from(all, ({ atMost }) => atMost).sort();
  const certain = Math.max(0, ...all.map(({ atLeast }) => atLeast));
  const spread = [0.5, 0.99].map((q) => quantile(sorted, q).toFixed(0)).join(" / ");
  const reason = all.length === 0 || failures > 0 || count.failed > 0 ? "requests failed" : voidFor(idle);
  const done = `${count.confirmed} written, ${all.length} watched, ${answers} answers`;
  return [
    {
      what: run.name,
      figure: sorted.at(-1) ?? Number.NaN,
      unit: "ms",
      bar: { kind: "at most", value: run.boundMs },
      note: `p50 / p99 ${spread} ms; for certain ${certain.toFixed(0)} ms; ${done}; ${Math.round(idle * 100)}% CPU idle`,
      ...(reason === undefined ? {} : { void: reason }),
    },
  ];
}
