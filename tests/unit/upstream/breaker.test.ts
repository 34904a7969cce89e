import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Breaker, type BreakerState } from "#edge/upstream/breaker.ts";
import type { Sign } from "#edge/upstream/outcome.ts";

describe("a circuit breaker", () => {
  let breaker: Breaker;
  let states: BreakerState[];

  beforeEach(() => {
    // The library reads the clock itself.
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    states = [];
    breaker = new Breaker({ now: () => Date.now(), onChange: (state) => states.push(state) });
  });
  afterEach(() => vi.useRealTimers());

  const judge = (sign: Sign) => sign;
  const send = (sign: Sign) => breaker.run(async () => sign, judge);
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await send("dead");
  };
  const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it("opens after five failures in a row, and lets nothing through then", async () => {
    await fail(4);
    expect(breaker.state).toBe("closed");
    await fail(1);
    expect(breaker.state).toBe("open");
    expect(await send("alive")).toBeNull();
  });

  it("counts from the last success, and does not count what says nothing", async () => {
    await fail(4);
    expect(await send("alive")).toBe("alive");
    await fail(4);
    for (let i = 0; i < 10; i++) expect(await send("none")).toBe("none");
    expect(breaker.state).toBe("closed");
  });

  it("lets one request try within 1.5 s, and closes when that succeeds", async () => {
    await fail(5);
    wait(1_500);
    const { promise, resolve } = Promise.withResolvers<Sign>();
    const wasProbe: boolean[] = [];
    const probe = breaker.run((isProbe) => {
      wasProbe.push(isProbe);
      return promise;
    }, judge);
    expect(await send("alive")).toBeNull();
    resolve("alive");
    expect([await probe, wasProbe, breaker.state]).toEqual(["alive", [true], "closed"]);
    expect(states).toEqual(["open", "half-open", "closed"]);
  });

  it.each<Sign>(["dead", "none"])("stays open when the one that tries finds it %s", async (sign) => {
    await fail(5);
    wait(1_500);
    await send(sign);
    expect([breaker.state, await send("alive")]).toEqual(["open", null]);
  });

  it("lets another try when the client of the one that tried went away, and its work was ended", async () => {
    await fail(5);
    wait(1_500);
    void breaker.run(() => new Promise<Sign>(() => undefined), judge);
    wait(3_499);
    expect(await send("alive")).toBeNull();
    wait(1);
    expect([await send("alive"), breaker.state]).toEqual(["alive", "closed"]);
  });
});
