import { describe, expect, it } from "vitest";
import { Availability, Away } from "#edge/limit/availability.ts";

describe("a store that may be away", () => {
  const setting = () => {
    const state = { now: 0, probe: async (): Promise<unknown> => null, probes: 0, calls: 0 };
    const background: Promise<unknown>[] = [];
    const availability = new Availability(
      () => {
        state.probes++;
        return state.probe();
      },
      () => state.now,
    );
    const ask = (call: () => Promise<string>) =>
      availability.ask(
        () => {
          state.calls++;
          return call();
        },
        (work) => background.push(work),
      );
    return { state, ask, settled: () => Promise.all(background) };
  };
  const works = async () => "answer";
  const fails = async () => {
    throw new Error("lost");
  };

  it("is asked once more when a call fails at once: a lost connection is no outage", async () => {
    const { state, ask } = setting();
    let failures = 1;
    expect(await ask(() => (failures-- > 0 ? fails() : works()))).toBe("answer");
    expect(state.calls).toBe(2);
    expect(await ask(works)).toBe("answer");
  });

  it("is not asked again by who waited long in vain", async () => {
    const { state, ask } = setting();
    const timesOut = async () => {
      state.now += 200;
      return fails();
    };
    await expect(ask(timesOut)).rejects.toThrow("lost");
    expect(state.calls).toBe(1);
  });

  it("is asked by nobody once it is away, and probed once a second in the background", async () => {
    const { state, ask, settled } = setting();
    state.probe = fails;
    await expect(ask(fails)).rejects.toThrow("lost");
    state.calls = 0;
    for (; state.now < 3_500; state.now += 100) await expect(ask(works)).rejects.toThrow(Away);
    await settled();
    expect({ calls: state.calls, probes: state.probes }).toEqual({ calls: 0, probes: 3 });
  });

  it("is asked again when a probe was answered", async () => {
    const { state, ask, settled } = setting();
    await expect(ask(fails)).rejects.toThrow("lost");
    state.now += 1_000;
    await expect(ask(works)).rejects.toThrow(Away);
    await settled();
    expect(await ask(works)).toBe("answer");
  });
});
