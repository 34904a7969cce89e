import { bucketOf } from "#shared/freshness.ts";
import type { Check } from "../../bars/part.ts";
import { get } from "../../contestant.ts";
import { productId } from "../../contestants/product.ts";
import { idleShare } from "../../cpu.ts";
import type { Job, Mixture } from "../../load/job.ts";
import { ID_SLOT } from "../../load/requests.ts";
import { zipfShares } from "../../load/zipf.ts";
import { type Measured, measure } from "../../process.ts";
import type { BenchEdge, BenchStack, Part } from "../part.ts";
import { scannedCache } from "../scan.ts";
import { originReads } from "../stack.ts";
import { type Expected, expectedHits } from "../theory.ts";
import { patch } from "../writes.ts";

/** How much of a shop's traffic the cache answers: few products are asked for often, many hardly ever. */

const KEYS = 100_000;
const EXPONENT = 1.1;
const WRITE_SHARE = 0.01;
const RATES = [500, 5_000];
/** As fast as it goes: what a machine shows that cannot keep a rate. */
const SATURATION = null;
const RATIO_BAR = 0.8;
/** Below this share of the rate that was asked for, it is the rate that was reached which is reported. */
const REACHED = 0.95;
const CONNECTIONS = 64;
/** As many requests as leave the cache in the state in which it stays. */
const WARM_UP_REQUESTS = 40_000;

/** More than fit into the cache, to see how many do. */
const OVERFULL = 30_000;

type Run = {
  readonly rate: number | null;
  readonly measured: Measured;
  readonly originCalls: number;
  readonly idle: number;
};

export const hitRatio: Part = {
  name: "b",
  title: `Hit ratio of one edge: Zipf(${EXPONENT}) over ${KEYS} products, ${WRITE_SHARE * 100}% writes by the same law`,
  async run({ settings, progress, stack }) {
    const bench = await stack();
    const [edge] = bench.edges;
    if (edge === undefined) throw new Error("there is no edge");
    const { entries } = await scannedCache()(0, OVERFULL);
    progress(`warming up with ${WARM_UP_REQUESTS} requests`);
    await warmUp(bench, edge);
    const runs: Run[] = [];
    for (const rate of [...RATES, SATURATION]) {
      progress(`${nameOf(rate)} for ${settings.seconds} s`);
      runs.push(await run(bench, edge, rate, settings.seconds));
    }
    return {
      checks: runs.flatMap((one) => checksOf(one, expected(one.measured.requestsPerSecond, entries))),
      details: { entries, runs },
    };
  },
};

function jobFor({ token }: BenchStack, edge: BenchEdge, writeShare: number): Omit<Job, "rate" | "seconds"> {
  const target = `/v1/products/${ID_SLOT}`;
  const requests: Mixture = {
    read: get(target, { authorization: `Bearer ${token}` }),
    write: patch(target, token),
    keys: KEYS,
    exponent: EXPONENT,
    writeShare,
    seed: Date.now(),
  };
  return { port: edge.port, requests, connections: CONNECTIONS, warmUp: 0, countBy: "cf-cache-status" };
}

/** At saturation, in slices until enough requests have gone through. */
async function warmUp(bench: BenchStack, edge: BenchEdge): Promise<void> {
  for (let sent = 0; sent < WARM_UP_REQUESTS; ) {
    const job = { ...jobFor(bench, edge, 0), warmUp: 0, rate: null, seconds: 5 };
    sent += Math.max(1, (await measure(job, { pids: edge.pids })).requests);
  }
}

async function run(bench: BenchStack, edge: BenchEdge, rate: number | null, seconds: number): Promise<Run> {
  const idle = idleShare();
  const before = await originReads(bench);
  const measured = await measure({ ...jobFor(bench, edge, WRITE_SHARE), rate, seconds }, { pids: edge.pids });
  return { rate, measured, originCalls: (await originReads(bench)) - before, idle: idle() };
}

function nameOf(rate: number | null): string {
  return rate === null ? "saturation" : `${rate}/s`;
}

function checksOf({ rate, measured, originCalls, idle }: Run, theory: Expected): Check[] {
  const { counts, requestsPerSecond, failures, p99 } = measured;
  const hits = (counts["HIT"] ?? 0) + (counts["UPDATING"] ?? 0);
  const reads = Object.entries(counts).reduce((sum, [word, count]) => sum + (word === "" ? 0 : count), 0);
  const isReached = requestsPerSecond >= (rate ?? 0) * REACHED;
  const load =
    nameOf(rate) + (isReached ? "" : `, of which the machine takes ${Math.round(requestsPerSecond)}/s`);
  const words = Object.entries(counts).map(([word, count]) => `${word || "writes"} ${count}`);
  return [
    {
      what: `hit ratio at ${load}`,
      figure: hits / reads,
      unit: "",
      bar: rate === null ? { kind: "none" } : { kind: "at least", value: RATIO_BAR },
      note: `${words.join(", ")}; theory ${theory.hitRatio.toFixed(3)}, entries stay ${theory.idleSeconds.toFixed(0)} s`,
      ...(failures === 0 ? {} : { void: `${failures} requests failed` }),
    },
    {
      what: `origin reads at ${load}`,
      figure: originCalls / reads,
      unit: "a read",
      bar: { kind: "none" },
      note: `${originCalls} calls; ${Math.round(requestsPerSecond)} requests/s; p99 ${p99.toFixed(1)} ms; ${Math.round(idle * 100)}% CPU idle`,
    },
  ];
}

/** What the model says of one edge that always knows the latest versions. */
function expected(rate: number, capacity: number): Expected {
  const shares = zipfShares(KEYS, EXPONENT);
  return expectedHits({
    reads: shares.map((share) => share * rate * (1 - WRITE_SHARE)),
    writes: shares.map((share) => share * rate * WRITE_SHARE),
    bucketOf: (key) => bucketOf(productId(key)),
    capacity,
  });
}
