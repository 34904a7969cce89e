import { expect, test } from "vitest";
import { linesOf, type Seen } from "#scripts/post-deploy/lines.ts";

const quiet = { requests: 3_600, failures: 0, p95Ms: 20, minutes: 60 };
const good: Seen = {
  faults: [],
  probed: { requests: 300, failures: 0, p95Ms: 10, hitRatio: 0.99, throttled: 0 },
  origin: { before: quiet, now: { ...quiet, requests: 900, minutes: 15 } },
  business: { ordersBefore: 10, ordersNow: 10 },
  relay: { oldestSeconds: 0.2, waiting: 3 },
  drift: [],
};

const badIn = (seen: Seen) =>
  linesOf(seen).flatMap(({ state, what, note }) => (state === "BAD" ? [`${what}: ${note}`] : []));

test("a deploy after which all is as before has nothing past a bound", () => {
  expect(linesOf(good).map(({ state }) => state)).toEqual(Array(9).fill("ok"));
});

test.each<[string, Partial<Seen>, RegExp]>([
  ["a check fails", { faults: ["a write: answered 500"] }, /^smoke test, health: a write: answered 500/],
  ["the edge fails", { probed: { ...good.probed, failures: 5 } }, /^the edge's errors: 1\.7%/],
  ["the cache misses", { probed: { ...good.probed, hitRatio: 0.5 } }, /^the cache's hits: /],
  [
    "the origin fails",
    { origin: { before: quiet, now: { ...quiet, failures: 40 } } },
    /^the origin's errors: 1\.1%/,
  ],
  [
    "it is slower",
    { origin: { before: quiet, now: { ...quiet, p95Ms: 90 } } },
    /^the origin's p95: p95 is 90 ms/,
  ],
  [
    "more reaches the origin",
    { origin: { before: quiet, now: { ...quiet, requests: 2_000, minutes: 15 } } },
    /^requests at the origin: more/,
  ],
  [
    "orders fall",
    { business: { ordersBefore: 10, ordersNow: 6 } },
    /^orders: 6\.0 orders a minute, 10\.0 before/,
  ],
  ["the relay is late", { relay: { oldestSeconds: 3, waiting: 900 } }, /^relay: changes wait/],
  [
    "something else runs",
    { drift: ["the edge serves x"] },
    /^versions.*: the edge serves x: docs\/deploying\.md$/,
  ],
])("when %s, one line says so and where to read on", (_, change, said) => {
  const bad = badIn({ ...good, ...change });
  expect(bad).toEqual([expect.stringMatching(said)]);
  expect(bad[0]).toMatch(/docs\/[\w/-]+\.md$/);
});

test("a shop where little happens is not blamed for chance", () => {
  const little = { requests: 20, failures: 1, p95Ms: 900, minutes: 15 };
  expect(
    badIn({ ...good, origin: { before: { ...little, failures: 0, minutes: 60 }, now: little } }),
  ).toEqual([]);
  expect(badIn({ ...good, business: { ordersBefore: 1, ordersNow: 0 } })).toEqual([]);
});

const unknownIn = (seen: Seen) =>
  linesOf(seen).flatMap(({ state, what, note }) => (state === "unknown" ? [`${what}: ${note}`] : []));

test("what nobody could be asked is unknown, names the variable that it wants, and holds nobody up", () => {
  const probed = { ...good.probed, hitRatio: null };
  const seen = { ...good, probed, origin: null, business: null, relay: null, drift: null };
  expect(unknownIn(seen)).toEqual([
    "the cache's hits: SMOKE_TOKEN is not set",
    "the origin's errors: PROMETHEUS_URL is not set",
    "the origin's p95: PROMETHEUS_URL is not set",
    "requests at the origin: PROMETHEUS_URL is not set",
    "orders: PROMETHEUS_URL is not set",
    "relay: PROMETHEUS_URL is not set",
    "versions, configuration, migrations: --env or MIGRATION_DATABASE_URL is not set",
  ]);
  expect(badIn(seen)).toEqual([]);
});

test("requests that a quota refused are told as that, not as what they would say of the edge", () => {
  const note = (whose: string) => `40 of 300 answered 429: the quota of ${whose} is used up for this minute`;
  const anonymous = { ...good, probed: { ...good.probed, hitRatio: null, throttled: 40 } };
  expect(unknownIn(anonymous)[0]).toBe(
    `the edge's errors: ${note("callers without a token (set SMOKE_TOKEN)")}`,
  );
  const tenants = { ...good, probed: { ...good.probed, hitRatio: 0.4, throttled: 40 } };
  expect(unknownIn(tenants)).toEqual([
    `the edge's errors: ${note("SMOKE_TOKEN's client")}`,
    `the cache's hits: ${note("SMOKE_TOKEN's client")}`,
  ]);
  expect(badIn({ ...good, probed: { ...good.probed, failures: 5, throttled: 40 } })).toHaveLength(1);
});

test("one of a thing is not told in the plural", () => {
  const now = linesOf({ ...good, faults: ["a"], drift: ["b"] }).map((line) => line.now);
  expect([now[0], now.at(-1)]).toEqual(["1 fault", "1 difference"]);
});
