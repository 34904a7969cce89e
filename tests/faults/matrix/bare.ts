import { setTimeout as delay } from "node:timers/promises";
import { bundleEdge, startEdge } from "#scripts/local/edge.ts";

/** A Worker that does nothing, asked all the time beside the others: what it waits is the machine's doing. */
export type BareWorker = {
  /**
   * The longest that a request has waited, in milliseconds.
   * @param since of `performance.now()`; default: so far
   */
  readonly worstMs: (since?: number) => number;
  readonly stop: () => Promise<void>;
};

const EVERY_MS = 15;

export async function startBareWorker(): Promise<BareWorker> {
  const script = await bundleEdge("tests/faults/edge/bare-worker.ts");
  const worker = await startEdge(script, { variables: {}, shieldLimit: null, onLog: () => undefined });
  let isOn = true;
  const waits: { readonly endedAt: number; readonly ms: number }[] = [];

  async function watch(): Promise<void> {
    while (isOn) {
      const startedAt = performance.now();
      await (await fetch(worker.url)).text();
      const endedAt = performance.now();
      waits.push({ endedAt, ms: endedAt - startedAt });
      await delay(EVERY_MS);
    }
  }

  // The first request starts the isolate.
  await (await fetch(worker.url)).text();
  const watching = watch();
  return {
    worstMs: (since = 0) =>
      waits.reduce((worst, { endedAt, ms }) => (endedAt < since ? worst : Math.max(worst, ms)), 0),
    async stop() {
      isOn = false;
      await watching;
      await worker.stop();
    },
  };
}
