import { beforeEach, describe, expect, it } from "vitest";
import { Pace } from "#edge/upstream/pace.ts";

describe("the pace at which origins that are back are asked", () => {
  let pace: Pace;
  let now: number;

  /** Sends so many requests a second, for so many seconds. */
  const send = (perSecond: number, seconds: number) => {
    for (let i = 0; i < perSecond * seconds; i++) {
      pace.sent(now);
      now += 1_000 / perSecond;
    }
  };
  /** How many of those that can wait go within a second, of a hundred times as many that want to. */
  const admitted = (ms: number, andOthers = 0) => {
    let count = 0;
    for (let i = 0; i < ms; i++, now++) {
      if (andOthers > 0 && i % (1_000 / andOthers) === 0) pace.sent(now);
      if (!pace.admits(now)) continue;
      pace.sent(now);
      count++;
    }
    return count;
  };

  beforeEach(() => {
    pace = new Pace();
    now = 1_000_000;
    send(40, 30);
  });

  it("knows no bounds while all is well, and while all are away", () => {
    expect(admitted(1_000)).toBe(1_000);
    pace.away(now);
    expect(admitted(1_000)).toBe(1_000);
  });

  it("is at most a quarter more than before", () => {
    for (let probes = 0; probes < 60; probes++) {
      pace.away(now);
      now += 1_000;
    }
    pace.back(now);
    expect(admitted(1_000)).toBeLessThanOrEqual(60);
    expect(admitted(5_000)).toBeLessThanOrEqual(260);
    expect(admitted(5_000)).toBeGreaterThan(230);
  });

  it("leaves room for what cannot wait", () => {
    pace.away(now);
    now += 10_000;
    pace.back(now);
    expect(admitted(5_000, 40)).toBeLessThanOrEqual(60);
    expect(admitted(5_000, 100)).toBe(0);
  });

  it("is ten a second and a quarter more, however little there was before", () => {
    const quiet = new Pace();
    pace = quiet;
    pace.away(now);
    now += 10_000;
    pace.back(now);
    expect(admitted(10_000)).toBeGreaterThan(115);
    expect(admitted(10_000)).toBeLessThanOrEqual(128);
  });

  it("knows no bounds again once nobody has had to wait for two seconds", () => {
    pace.away(now);
    pace.back(now);
    admitted(1_000);
    now += 2_001;
    expect(admitted(100)).toBe(100);
  });
});
