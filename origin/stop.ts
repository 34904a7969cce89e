import { setTimeout } from "node:timers/promises";
import type { ShutdownConfig } from "./config.ts";
import type { Sockets } from "./drain.ts";

/** What runs beside the requests. */
type Part = { readonly stop: () => unknown };

type Options = ShutdownConfig & {
  /** From then on the process says that it is not ready. */
  readonly leave: () => void;
  readonly app: Sockets;
  readonly ops: Sockets;
  /** Ends while requests are being finished. */
  readonly aside: readonly Part[];
  /** End after the last request, in this order. */
  readonly behind: readonly Part[];
};

export type Stopped = {
  /** Requests that the end of the grace cut off. */
  readonly cut: number;
};

/** Of the grace, what is left to everything behind the requests. */
const BEHIND_MS = 3_000;
const OPS_DEADLINE_MS = 1_000;

/**
 * Ends an origin so that nobody notices who watches its readiness: it says that it leaves, goes on serving
 * until load balancers have seen it, takes nothing new and finishes what runs.
 */
export function createStop({ leave, delayMs, graceMs, app, ops, aside, behind }: Options) {
  return async function stop(): Promise<Stopped> {
    leave();
    const asideEnded = Promise.all(aside.map((part) => part.stop()));
    // Whoever keeps a connection open learns that this one ends with its next answer.
    app.sayGoodbye();
    await setTimeout(delayMs);
    const cut = await app.drain(graceMs - delayMs - BEHIND_MS);
    await asideEnded;
    for (const part of behind) await part.stop();
    await ops.drain(OPS_DEADLINE_MS);
    return { cut };
  };
}
