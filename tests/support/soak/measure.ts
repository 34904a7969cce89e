import { evaluate, heapBytes } from "#scripts/local/inspector.ts";
import type { OutageRig } from "../outage-rig.ts";

/** What both tiers hold while nothing is under way. */
export type Holding = {
  readonly originHeap: number;
  readonly edgeHeap: number;
  /** Timers, sockets and whatever else keeps the origin's event loop alive. */
  readonly resources: number;
  readonly timers: number;
  /** Listeners of the process itself: signals, exits, warnings. */
  readonly listeners: number;
};

const COUNT_OWN = `JSON.stringify({
  resources: process.getActiveResourcesInfo(),
  listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
})`;

/** Of a rig that was started `inspected`. */
export async function measureHolding({ origin, edge }: OutageRig): Promise<Holding> {
  const inspector = inspectorOf(origin.errors());
  const own = JSON.parse((await evaluate(inspector, COUNT_OWN)) ?? "") as Pick<Holding, "listeners"> & {
    readonly resources: readonly string[];
  };
  return {
    originHeap: await heldBytes(inspector),
    edgeHeap: await heldBytes(await edge.inspector()),
    resources: own.resources.length,
    timers: own.resources.filter((name) => name === "Timeout").length,
    listeners: own.listeners,
  };
}

/** What is left when garbage has been collected; twice, for what the first round lets go of may have kept more. */
async function heldBytes(inspector: URL): Promise<number> {
  for (let round = 0; round < 2; round++) await evaluate(inspector, "gc()");
  return heapBytes(inspector);
}

/** Node says where it listens before anything else. */
function inspectorOf(errors: string): URL {
  const [, url] = /Debugger listening on (ws:\S+)/.exec(errors) ?? [];
  if (url === undefined) throw new Error("the origin was not started with an inspector");
  return new URL(url);
}
