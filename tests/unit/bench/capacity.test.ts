import { describe, expect, test } from "vitest";
import { type CacheKind, questionsAfterEmptying, steadyState } from "../../../bench/capacity/cache.ts";
import { attemptsPerCall } from "../../../bench/capacity/day.ts";
import { cloudflare, selfHosted } from "../../../bench/capacity/deployment.ts";
import { loadOf } from "../../../bench/capacity/load.ts";
import { pageNow, withTables } from "../../../bench/capacity/page.ts";
import { zipfRanks } from "../../../bench/capacity/ranks.ts";
import { allTables } from "../../../bench/capacity/tables.ts";
import type { Traffic } from "../../../bench/capacity/traffic.ts";
import { seededRandom, zipfSampler, zipfShares } from "../../../bench/load/zipf.ts";

describe("the steady state in closed form", () => {
  const CACHES: [string, CacheKind, number][] = [
    ["everything fits, nothing is written", kind(30, 10, Number.POSITIVE_INFINITY), 0],
    ["everything fits", kind(30, 10, Number.POSITIVE_INFINITY), 0.02],
    ["answers are fresh for long, writes end them", kind(3_000, 60, Number.POSITIVE_INFINITY), 0.1],
    ["a tenth fits", kind(3_000, 60, 50), 0.02],
    ["a tenth fits, and answers are soon old", kind(5, 5, 50), 0.02],
  ];

  test.each(CACHES)("is what playing request by request comes to: %s", (_, cache, writeShare) => {
    const played = play(cache, writeShare);
    const shares = zipfShares(KEYS, EXPONENT);
    const cells = [...shares].map((share) => ({
      keys: 1,
      reads: share * RATE,
      invalidations: share * RATE * writeShare,
      marked: 0,
    }));
    const { asked, hitRatio } = steadyState(cells, cache);
    const revalidations = asked.reduce((sum, one) => sum + one.revalidations, 0) / RATE;
    expect(Math.abs(hitRatio - played.hitRatio)).toBeLessThan(0.02);
    expect(Math.abs(revalidations - played.revalidations)).toBeLessThan(0.02);
  });

  test("comes to the steady state after it was emptied as playing request by request does", () => {
    const [reads, invalidations, seconds] = [0.01, 0.005, 90];
    const random = seededRandom(7);
    const since = (rate: number) => -Math.log(1 - random()) / rate;
    const keys = 200_000;
    let missed = 0;
    // A request at that moment misses unless there was one since the last write, or since the emptying.
    for (let key = 0; key < keys; key++) if (since(reads) > Math.min(since(invalidations), seconds)) missed++;
    const cells = [{ keys: 1, reads, invalidations, marked: 0 }];
    const asked = questionsAfterEmptying(
      cells,
      steadyState(cells, kind(1e6, 60, Number.POSITIVE_INFINITY)),
      seconds,
    );
    expect(asked / reads).toBeCloseTo(missed / keys, 2);
  });

  test("asks under a mark for what is popular, at the isolate that a write comes by", () => {
    const asked = (marked: number) =>
      steadyState([{ keys: 1, reads: 10, invalidations: 1, marked }], kind(300, 60, 100)).asked[0]?.misses ??
      0;
    expect(asked(0.9) - asked(0)).toBeCloseTo(0.9);
  });

  test("asks for everything right after the cache was emptied, and for as much as ever later on", () => {
    const cells = [{ keys: 100, reads: 1, invalidations: 0.01, marked: 0 }];
    const state = steadyState(cells, kind(300, 60, Number.POSITIVE_INFINITY));
    const { misses = 0, revalidations = 0 } = state.asked[0] ?? {};
    expect(questionsAfterEmptying(cells, state, 0)).toBeCloseTo(100);
    expect(questionsAfterEmptying(cells, state, 60)).toBeCloseTo(100 * (misses + revalidations));
  });
});

test("groups of ranks share what Zipf's law gives their keys, and leave none out", () => {
  const groups = zipfRanks(5_000, 1.1);
  const shares = zipfShares(5_000, 1.1);
  expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
  expect(groups.reduce((sum, { count, share }) => sum + count * share, 0)).toBeCloseTo(1);
  expect(groups[0]?.share).toBeCloseTo(shares[0] ?? 0, 4);
  expect(groups.length).toBeLessThan(60);
});

describe("the load behind the edge", () => {
  const traffic: Traffic = {
    requestsPerSecond: 1_000,
    tenants: 20,
    tenantExponent: 0.9,
    productsPerTenant: 2_000,
    productExponent: 1.1,
    writeShare: 0.01,
    listShare: 0.1,
    listsPerTenant: 50,
    clientsPerTenant: 2,
    readsBehindWrite: 0,
  };
  const plain = loadOf(traffic, cloudflare(60));

  test("is no more than all reads, and no less than what nobody had to wait for leaves", () => {
    expect(plain.originReads).toBeGreaterThan((1 - plain.hitRatio) * 990 - 1e-6);
    expect(plain.originReads).toBeLessThan(990);
    expect(plain.hitRatio).toBeGreaterThan(plain.nearHitRatio);
  });

  test.each<[string, Partial<Traffic>]>([
    ["more writes", { writeShare: 0.1 }],
    ["more tenants", { tenants: 500 }],
    ["more lists", { listShare: 0.5 }],
    ["clients that read what they wrote", { readsBehindWrite: 1 }],
  ])("misses more often with %s", (_, change) => {
    expect(loadOf({ ...traffic, ...change }, cloudflare(60)).hitRatio).toBeLessThan(plain.hitRatio);
  });

  test("grows with an import for its tenant only", () => {
    const during = loadOf(traffic, cloudflare(60), 10_000);
    expect(during.hitRatio).toBeLessThan(plain.hitRatio);
    expect(during.hitRatio).toBeGreaterThan(0.3);
    expect(during.writes).toBeCloseTo(plain.writes + 10_000);
  });

  test("costs Redis two reads of a snapshot a second for a busy tenant at each isolate", () => {
    const one = { ...traffic, tenants: 1, requestsPerSecond: 100_000 };
    expect(loadOf(one, selfHosted(8)).redisSnapshots).toBeCloseTo(16, 1);
  });
});

test("a budget of retries bounds what a failing origin is asked", () => {
  expect(attemptsPerCall(1, 3, null)).toBe(4);
  expect(attemptsPerCall(1, 3, 0.1)).toBe(1.1);
  expect(attemptsPerCall(0.05, 3, 0.1)).toBeCloseTo(1.0526);
});

test("docs/capacity.md has what the simulator says now (npm run capacity -- --write)", () => {
  expect(withTables(pageNow(), allTables())).toBe(pageNow());
});

const KEYS = 500;
const EXPONENT = 0.9;
const RATE = 100;
const SECONDS = 2_000;

function kind(freshSeconds: number, staleWhileRevalidateSeconds: number, capacity: number): CacheKind {
  return { freshSeconds, staleWhileRevalidateSeconds, capacity };
}

/** Requests one after another through a cache that evicts what was not asked for longest. */
function play(cache: CacheKind, writeShare: number) {
  const random = seededRandom(11);
  const draw = zipfSampler(KEYS, EXPONENT, random);
  const versions = new Uint32Array(KEYS);
  const ask = boundedCache(cache);
  const counts = { hit: 0, revalidated: 0, miss: 0 };
  for (let now = 0; now < SECONDS; now += -Math.log(1 - random()) / (RATE * (1 + writeShare))) {
    const key = draw();
    if (random() < writeShare / (1 + writeShare)) {
      versions[key] = (versions[key] ?? 0) + 1;
      continue;
    }
    const answered = ask(`${key}.${versions[key]}`, now);
    if (now > SECONDS / 4) counts[answered]++;
  }
  const reads = counts.hit + counts.revalidated + counts.miss;
  return { hitRatio: 1 - counts.miss / reads, revalidations: counts.revalidated / reads };
}

function boundedCache({ freshSeconds, staleWhileRevalidateSeconds, capacity }: CacheKind) {
  /** From the key and version to when it was stored, in order of use. */
  const stored = new Map<string, number>();
  return function ask(name: string, now: number): "hit" | "revalidated" | "miss" {
    const storedAt = stored.get(name) ?? Number.NEGATIVE_INFINITY;
    const isFresh = now - storedAt <= freshSeconds;
    const isServed = now - storedAt <= freshSeconds + staleWhileRevalidateSeconds;
    stored.delete(name);
    stored.set(name, isFresh ? storedAt : now);
    if (stored.size > capacity) stored.delete(stored.keys().next().value ?? "");
    if (!isServed) return "miss";
    return isFresh ? "hit" : "revalidated";
  };
}
