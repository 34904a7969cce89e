import type { Fault, FaultProxy } from "../fault-proxy.ts";
import type { OutageRig } from "../outage-rig.ts";

/** Breaks the ways between the parts of a rig, one after the other, and mends them. */
export type Troubles = {
  /** Everything passes again, and nothing more breaks until `resume`. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

const FAULTS: readonly Fault[] = [
  { kind: "refuse" },
  { kind: "blackhole" },
  { kind: "delay", toServerMs: 50, toClientMs: 200 },
  { kind: "reset-after", bytes: 400 },
  { kind: "garbage", answer: new TextEncoder().encode("what?\r\n\r\n") },
  { kind: "flaky", probability: 0.2 },
];

const TICK_MS = 50;
const BROKEN_MS = 700;
const WHOLE_MS = 1_300;

export function startTroubles({ postgres, edgeToRedis, relayToRedis }: OutageRig): Troubles {
  const links: readonly FaultProxy[] = [postgres, edgeToRedis];
  let stopping = false;
  let paused = false;

  const until = async (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end && !stopping && !paused) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  };

  async function mend(): Promise<void> {
    relayToRedis.after = () => "pass";
    for (const link of links) await link.set({ kind: "pass" });
  }

  async function run(): Promise<void> {
    for (let turn = 0; !stopping; turn++) {
      const link = links[turn % links.length];
      const fault = FAULTS[Math.floor(turn / links.length) % FAULTS.length];
      if (paused || link === undefined || fault === undefined) {
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
        continue;
      }
      await link.set(fault);
      if (turn % 2 === 1) link.sever();
      relayToRedis.after = () => (turn % 3 === 0 ? "reset" : "pass");
      await until(BROKEN_MS);
      await mend();
      await until(WHOLE_MS);
    }
  }

  const ended = run();
  return {
    async pause() {
      paused = true;
      await mend();
    },
    resume() {
      paused = false;
    },
    async stop() {
      stopping = true;
      await ended;
    },
  };
}
