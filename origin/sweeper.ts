import { createBell } from "./bell.ts";
import type { Log } from "./call.ts";
import type { Services } from "./services.ts";

/** What time alone brings about: each process looks, and whoever comes first does it. */
export type Sweep = {
  readonly name: string;
  /** @returns whether there may be more to do at once */
  readonly run: (services: SweepServices) => Promise<boolean>;
};

export type SweepServices = Pick<Services, "connections" | "committed">;

export type Sweeper = {
  /** Ends after the sweep that is running. */
  readonly stop: () => Promise<void>;
};

type Options = {
  readonly sweeps: readonly Sweep[];
  readonly services: SweepServices;
  readonly log: Log;
};

const PAUSE_MS = 1_000;

export function startSweeper({ sweeps, services, log }: Options): Sweeper {
  const failing = new Set<string>();
  const bell = createBell();
  let stopping = false;

  async function sweep({ name, run }: Sweep): Promise<void> {
    try {
      while (!stopping && (await run(services)));
      failing.delete(name);
    } catch (error) {
      // Once, not every second of an outage.
      if (!failing.has(name)) log.error({ err: error, stage: "sweeper", sweep: name }, "a sweep failed");
      failing.add(name);
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      for (const one of sweeps) await sweep(one);
      if (!stopping) await bell.wait(PAUSE_MS);
    }
  }

  const ended = run();
  return {
    async stop() {
      stopping = true;
      bell.ring();
      await ended;
    },
  };
}
