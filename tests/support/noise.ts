import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** POST requests of one tenant, all alike. */
export type Noise = {
  readonly url: string;
  readonly path: string;
  readonly perSecond: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Answers by status; 0 for those that got none. */
export type NoiseCounts = Readonly<Record<number, number>>;

/** Makes noise until it is told to stop. */
export function startNoise(noise: Noise): { readonly stop: () => Promise<NoiseCounts> } {
  const worker = new Worker(new URL("./noise-worker.ts", import.meta.url), { workerData: noise });
  return {
    async stop() {
      worker.postMessage("counts");
      const [counts]: NoiseCounts[] = await once(worker, "message");
      await worker.terminate();
      return counts ?? {};
    },
  };
}
