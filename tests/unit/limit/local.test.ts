import { describe, expect, it } from "vitest";
import { localLimiter } from "#edge/limit/local.ts";
import { networkOf } from "#edge/limit/network.ts";
import { RecentMap } from "#edge/recent-map.ts";

const MINUTE = 60_000;

describe("the local limiter", () => {
  const limiter = (limit: number) => {
    const clock = { now: 10 * MINUTE };
    return { clock, spend: localLimiter({ limit, windowSeconds: 60 }, () => clock.now) };
  };

  it("admits the quota in each window, to each key", () => {
    const { clock, spend } = limiter(3);
    const admitted = (key: string, cost = 1) => spend(key, cost).admitted;
    expect([admitted("a"), admitted("a"), admitted("a"), admitted("a")]).toEqual([true, true, true, false]);
    expect(admitted("b", 3)).toBe(true);
    expect(admitted("b")).toBe(false);
    clock.now += MINUTE;
    expect(admitted("a")).toBe(true);
  });

  it("charges nothing for what it refuses, and takes back what is refunded", () => {
    const { spend } = limiter(3);
    const first = spend("a", 2);
    expect(spend("a", 2).admitted).toBe(false);
    expect(spend("a", 1).admitted).toBe(true);
    first.refund();
    expect(spend("a", 2).admitted).toBe(true);
    expect(spend("a", 1).admitted).toBe(false);
  });

  it("refunds to the window that was charged, not to the one that has come", () => {
    const { clock, spend } = limiter(1);
    const { refund } = spend("a", 1);
    clock.now += MINUTE;
    expect(spend("a", 1).admitted).toBe(true);
    refund();
    expect(spend("a", 1).admitted).toBe(false);
  });

  it("knows no figures, but when the window ends", () => {
    const { clock, spend } = limiter(1);
    expect(spend("a", 1)).toMatchObject({ admitted: true, standing: null, retryAfterSeconds: 60 });
    clock.now += 59_001;
    expect(spend("a", 1)).toMatchObject({ admitted: false, standing: null, retryAfterSeconds: 1 });
  });

  it("lets nobody reset the counts of those who keep coming by filling its memory", () => {
    const { spend } = limiter(5);
    let admitted = 0;
    for (let i = 0; i < 200_000; i++) {
      spend(`attacker-${i}`, 1);
      if (i % 5_000 === 0 && spend("victim", 1).admitted) admitted++;
    }
    expect(admitted).toBe(5);
  });
});

describe("a map of what was used of late", () => {
  it("never holds more than its capacity, nor less than half of it", () => {
    const map = new RecentMap<number, number>(100);
    for (let i = 0; i < 1_000; i++) {
      map.set(i, i);
      expect(map.size).toBeLessThanOrEqual(100);
      for (let j = Math.max(0, i - 20); j <= i; j++) expect(map.get(j)).toBe(j);
    }
  });

  it("keeps what is used, however much else comes by", () => {
    const map = new RecentMap<number, string>(10);
    map.set(-1, "in use");
    for (let i = 0; i < 100; i++) {
      map.set(i, "");
      expect(map.get(-1)).toBe("in use");
    }
    expect(map.get(0)).toBeUndefined();
  });

  it("replaces a value wherever it was", () => {
    const map = new RecentMap<string, number>(4);
    map.set("a", 1);
    map.set("b", 1);
    map.set("a", 2);
    map.set("c", 1);
    expect(map.get("a")).toBe(2);
  });
});

describe("the network of an address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", "unknown"],
    [null, "unknown"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("is short, whatever was sent", () => {
    expect(networkOf("x".repeat(10_000)).length).toBeLessThanOrEqual(64);
    expect(networkOf(":".repeat(10_000)).length).toBeLessThanOrEqual(80);
    expect(networkOf("a:".repeat(10_000)).length).toBeLessThanOrEqual(80);
  });
});
