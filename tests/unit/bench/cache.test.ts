import { describe, expect, test } from "vitest";
import { checksAsChart, checksAsText } from "../../../bench/bars/report.ts";
import { allHold, type Bar, verdictOf, voidFor } from "../../../bench/bars/verdict.ts";
import { type Seen, stalenessOf, type Written } from "../../../bench/cache/staleness.ts";
import { expectedHits } from "../../../bench/cache/theory.ts";
import { headerIn } from "../../../bench/load/connection.ts";
import { requestsOf } from "../../../bench/load/requests.ts";
import { seededRandom, zipfSampler, zipfShares } from "../../../bench/load/zipf.ts";

describe("Zipf's law", () => {
  test("gives the key of rank k a share in proportion to 1 / k^s", () => {
    const shares = zipfShares(100_000, 1.1);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect((shares[0] ?? 0) / (shares[9] ?? 0)).toBeCloseTo(10 ** 1.1);
  });

  test("is what is drawn, the same for the same seed", () => {
    const draw = zipfSampler(1_000, 1.1, seededRandom(7));
    const again = zipfSampler(1_000, 1.1, seededRandom(7));
    const shares = zipfShares(1_000, 1.1);
    const counts = new Float64Array(1_000);
    for (let i = 0; i < 100_000; i++) {
      const key = draw();
      expect(again()).toBe(key);
      counts[key] = (counts[key] ?? 0) + 1;
    }
    for (const key of [0, 1, 10]) {
      const expected = 100_000 * (shares[key] ?? 0);
      expect(Math.abs((counts[key] ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  test("draws the last key too, and nothing behind it", () => {
    expect(zipfSampler(3, 1, () => 0.999999)()).toBe(2);
    expect(zipfSampler(3, 1, () => 0)()).toBe(0);
    expect(zipfSampler(4, 0, () => 0.5)()).toBe(2);
  });

  test("mixes reads and writes of products in one stream of requests", () => {
    const mixture = {
      read: "GET {id}",
      write: "PATCH {id}",
      keys: 50,
      exponent: 1.1,
      writeShare: 0.1,
      seed: 3,
    };
    const next = requestsOf({ requests: mixture });
    const texts = Array.from({ length: 5_000 }, () => String(next()));
    const writes = texts.filter((text) => text.startsWith("PATCH")).length;
    expect(writes).toBeGreaterThan(400);
    expect(writes).toBeLessThan(600);
    expect(new Set(texts.map((text) => text.split(" ")[1])).size).toBe(50);
    expect(texts.some((text) => text.includes("{"))).toBe(false);
  });
});

describe("staleness", () => {
  const write = (version: number, sentAt: number, confirmedAt: number, key = 1): Written => ({
    key,
    version,
    sentAt,
    confirmedAt,
  });
  const seen = (version: number, sentAt: number, receivedAt: number, key = 1): Seen => ({
    key,
    version,
    sentAt,
    receivedAt,
  });

  test("is from the commit to the last answer of before it, which lie between the times that are known", () => {
    const answers = [seen(1, 90, 95), seen(1, 130, 140), seen(1, 300, 310), seen(2, 320, 330)];
    expect(stalenessOf([write(2, 100, 120)], answers)).toEqual([{ atLeast: 180, atMost: 210 }]);
  });

  test("is nothing when no old answer came after the write", () => {
    expect(stalenessOf([write(2, 100, 120)], [seen(1, 80, 90), seen(2, 121, 125)])).toEqual([
      { atLeast: 0, atMost: 0 },
    ]);
  });

  test("may be nothing when an old answer was under way with the write", () => {
    expect(stalenessOf([write(2, 100, 120)], [seen(1, 99, 115)])).toEqual([{ atLeast: 0, atMost: 15 }]);
  });

  test("counts an answer against every write that it lacks", () => {
    const writes = [write(2, 100, 110), write(3, 200, 210)];
    expect(stalenessOf(writes, [seen(1, 400, 410)])).toEqual([
      { atLeast: 290, atMost: 310 },
      { atLeast: 190, atMost: 210 },
    ]);
  });

  test("takes no other product's answer, and one that goes back in versions", () => {
    const answers = [seen(1, 500, 510, 2), seen(2, 130, 135), seen(1, 240, 250)];
    expect(stalenessOf([write(2, 100, 110)], answers)).toEqual([{ atLeast: 130, atMost: 150 }]);
  });
});

describe("a figure beside its bar", () => {
  const check = (figure: number, bar: Bar, reason?: string) => ({
    what: "ratio",
    figure,
    unit: "ms",
    bar,
    note: "noted",
    ...(reason === undefined ? {} : { void: reason }),
  });

  test.each<[number, Bar, string]>([
    [0.6, { kind: "at least", value: 0.6 }, "holds"],
    [0.59, { kind: "at least", value: 0.6 }, "missed"],
    [2_000, { kind: "at most", value: 2_000 }, "holds"],
    [2_001, { kind: "at most", value: 2_000 }, "missed"],
    [1, { kind: "exactly", value: 1 }, "holds"],
    [1.25, { kind: "exactly", value: 1 }, "missed"],
    [Number.NaN, { kind: "at least", value: 0.6 }, "void"],
    [7, { kind: "none" }, "-"],
  ])("%d, %o: %s", (figure, bar, verdict) => {
    expect(verdictOf(check(figure, bar))).toBe(verdict);
  });

  test("says nothing when the machine had no room, which is no pass either", () => {
    expect([voidFor(0.14), voidFor(0.15)]).toEqual(["only 14% of the CPU was idle", undefined]);
    const spoilt = check(1, { kind: "at most", value: 2 }, voidFor(0.14));
    expect(verdictOf(spoilt)).toBe("void");
    expect(allHold([spoilt])).toBe(false);
    expect(allHold([check(1, { kind: "at most", value: 2 }), check(1, { kind: "none" })])).toBe(true);
  });

  test("is shown with both, and the reason", () => {
    const checks = [check(3, { kind: "at most", value: 2 }), check(1, { kind: "at most", value: 2 }, "busy")];
    const text = checksAsText({ name: "c", title: "Staleness", checks });
    expect(text).toMatch(/ratio +3 ms +at most 2 ms +missed +noted/);
    expect(text).toMatch(/ratio +1 ms +at most 2 ms +void +busy; noted/);
    const picture = checksAsChart("Bars", [{ name: "c", title: "Staleness & more", checks }]);
    expect(picture).toContain("(c) Staleness &amp; more");
    expect(picture).toContain("3 ms (at most 2 ms): missed");
    expect(picture).not.toContain("NaN");
  });
});

describe("the expected hit ratio", () => {
  const rates = (rate: number, keys = 100) => new Float64Array(keys).fill(rate);

  test("is all but the writes when everything fits", () => {
    const model = { reads: rates(9), writes: rates(1), bucketOf: (key: number) => key, capacity: 1e9 };
    expect(expectedHits(model).hitRatio).toBeCloseTo(0.9);
  });

  test("counts the writes of all that share a bucket", () => {
    const model = { reads: rates(9), writes: rates(1), bucketOf: (key: number) => key >> 1, capacity: 1e9 };
    expect(expectedHits(model).hitRatio).toBeCloseTo(9 / 11);
  });

  test("is the share that fits when all are asked for alike", () => {
    const model = { reads: rates(1), writes: rates(0), bucketOf: (key: number) => key, capacity: 50 };
    expect(expectedHits(model).hitRatio).toBeCloseTo(0.5, 1);
  });

  test("falls with what writes leave behind in the cache", () => {
    const model = { reads: rates(1), bucketOf: (key: number) => key, capacity: 50 };
    const without = expectedHits({ ...model, writes: rates(0) });
    const withWrites = expectedHits({ ...model, writes: rates(0.5) });
    expect(withWrites.hitRatio).toBeLessThan(without.hitRatio);
    expect(withWrites.idleSeconds).toBeLessThan(without.idleSeconds);
  });
});

test("a header is found whatever its case, and only as a whole", () => {
  const head = 'HTTP/1.1 200 OK\r\nX-ETag: no\r\nETag: "7"\r\nCF-Cache-Status: HIT';
  expect(headerIn(head, "etag")).toBe('"7"');
  expect(headerIn(head, "cf-cache-status")).toBe("HIT");
  expect(headerIn(head, "age")).toBeNull();
});
