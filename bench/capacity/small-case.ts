import { setTimeout as sleep } from "node:timers/promises";
import type { Check } from "../bars/part.ts";
import { scannedCache } from "../cache/scan.ts";
import { patch } from "../cache/writes.ts";
import { get } from "../contestant.ts";
import { TENANT } from "../contestants/token.ts";
import { COUNTS_PATH, type Counts } from "../gate/counting-redis.ts";
import type { Job } from "../load/job.ts";
import { ID_SLOT } from "../load/requests.ts";
import { measure } from "../process.ts";
import { questionsAfterEmptying, steadyState, sumOver } from "./cache.ts";
import { selfHosted } from "./deployment.ts";
import { commandsAt } from "./redis.ts";
import { type SmallStack, withSmallStack } from "./small-stack.ts";
import { EXPONENT, PRODUCTS, RATE, TRAFFIC, WRITE_SHARE } from "./small-traffic.ts";

import { readsPerSecond, tenantsAt } from "./traffic.ts";

/**
 * One self-hosted edge and one tenant, small enough to be measured: real Postgres, Redis, origin and
 * workerd under the simulator's own traffic, beside what the simulator says of it.
 */

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 60;
/** An answer is fresh for longer than this takes. */
const NOT_REACHED_SECONDS = 3_600;
const OVERFULL = 20_000;
/** What is measured may be this far from what was said, as a share of it. */
const TOLERANCE = 0.15;
const STEPS = 60;
/** More, and what is measured is how an edge gets by without news (docs/cache.md), not how well it caches. */
const MOST_BLIND = 0.02;
const LOOK_MS = 250;

/** Takes about two minutes. */
export async function measureSmallCase(seconds: number, progress: (text: string) => void): Promise<Check[]> {
  const { entries } = await scannedCache()(0, OVERFULL);
  return withSmallStack(progress, async (stack) => {
    progress(`${RATE} requests/s for ${WARM_UP_SECONDS} s to fill the cache`);
    const filled = await measure({ ...jobFor(stack), seconds: WARM_UP_SECONDS }, stack);
    progress(`${RATE} requests/s for ${seconds} s`);
    const before = await countsOf(stack);
    const sight = watchSight(stack);
    const measured = await measure({ ...jobFor(stack), seconds }, stack);
    const blind = sight.stop();
    // What was asked in the background is on its way.
    await sleep(500);
    const after = await countsOf(stack);
    const said = expectedOf(entries, filled.requests, measured.requests);
    const { counts, failures } = measured;
    const hits = (counts["HIT"] ?? 0) + (counts["UPDATING"] ?? 0);
    const reads = Object.entries(counts).reduce((sum, [word, count]) => sum + (word === "" ? 0 : count), 0);
    const spoilt =
      failures > 0 || blind > MOST_BLIND
        ? { void: `${failures} failures, the edge was blind for ${Math.round(blind * 100)}% of the time` }
        : {};
    const beside = (what: string, unit: string, figure: number, expected: number): Check => ({
      what: `${what}: off by`,
      figure: Math.abs(figure / expected - 1),
      unit: "",
      bar: { kind: "at most", value: TOLERANCE },
      note: `${figure.toFixed(2)} ${unit} measured, ${expected.toFixed(2)} simulated`,
      ...spoilt,
    });
    const counted = (key: keyof typeof after) => after[key] - before[key];
    return [
      beside("hit ratio", "of reads", hits / reads, said.hitRatio),
      beside("origin reads", "for each read", counted("originReads") / reads, said.originReads),
      beside("Redis commands of the edge", "a second", counted("redis") / seconds, said.redis),
    ];
  });
}

/**
 * What is measured is not yet the steady state: rare products are asked for the first time. How far it is
 * follows from how many requests there were, not from how long they took: a slow machine changes nothing.
 */
function expectedOf(capacity: number, filledWith: number, requests: number) {
  const { cache, isolates } = selfHosted(1);
  const tenants = tenantsAt(TRAFFIC, 1, 0, isolates.count);
  const cells = tenants.flatMap((tenant) => tenant.cells);
  const state = steadyState(cells, { ...cache, capacity, freshSeconds: NOT_REACHED_SECONDS });
  const instants = Array.from(
    { length: STEPS },
    (_, step) => (filledWith + ((step + 0.5) / STEPS) * requests) / RATE,
  );
  const asked = sumOver(instants, (at) => questionsAfterEmptying(cells, state, at)) / STEPS;
  const originReads = asked / readsPerSecond(TRAFFIC);
  const { snapshots, quotas } = commandsAt(tenants, isolates, TRAFFIC.clientsPerTenant);
  return {
    originReads,
    hitRatio: 1 - originReads,
    redis: snapshots + quotas,
  };
}

function jobFor({ port, token }: SmallStack): Omit<Job, "seconds"> {
  const target = `/v1/products/${ID_SLOT}`;
  return {
    port,
    requests: {
      read: get(target, { authorization: `Bearer ${token}` }),
      write: patch(target, token),
      keys: PRODUCTS,
      exponent: EXPONENT,
      writeShare: WRITE_SHARE,
      seed: Date.now(),
    },
    connections: CONNECTIONS,
    warmUp: 0,
    rate: RATE,
    countBy: "cf-cache-status",
  };
}

/** Whether the edge hears of writes, asked again and again. */
function watchSight({ url }: SmallStack): { readonly stop: () => number } {
  let looks = 0;
  let blind = 0;
  const look = async () => {
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.status !== 200) return;
    const { checks } = (await answer.json()) as { checks: { versions: boolean } };
    looks++;
    if (!checks.versions) blind++;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      return looks === 0 ? 1 : blind / looks;
    },
  };
}

const READS = /^gatehouse_origin_requests_total\{[^}]*operation="getProduct"[^}]*\} (\d+)/gm;

async function countsOf({ opsUrl, countsUrl }: SmallStack) {
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  const commands = (await (await fetch(countsUrl + COUNTS_PATH)).json()) as Counts;
  const ofTenant = Object.entries(commands).filter(([key]) => key.includes(TENANT));
  return {
    originReads: [...metrics.matchAll(READS)].reduce((sum, [, count]) => sum + Number(count), 0),
    redis: ofTenant.reduce((sum, [, count]) => sum + count, 0),
  };
}
