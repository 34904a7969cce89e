import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EMBEDDED_CACHE_BYTES } from "#edge/cache/embedded.ts";
import { bundleEdge } from "#scripts/local/edge.ts";
import type { Check } from "../../bars/part.ts";
import { productPath } from "../../contestants/product.ts";
import { startScript } from "../../contestants/worker.ts";
import { ID_SLOT } from "../../load/requests.ts";
import { measure, startServer } from "../../process.ts";
import { residentBytes } from "../../resident.ts";
import type { Context, Part } from "../part.ts";
import { scannedCache } from "../scan.ts";
import { pause } from "../writes.ts";

/** What the cache takes while more keys go through it than it can hold, measured in three ways. */

const MEGABYTE = 1024 * 1024;
const BAR_BYTES = EMBEDDED_CACHE_BYTES * 1.2;
const STEP = 10_000;
const SAMPLE_MS = 100;
/** Enough for what an isolate allocates once, however little it stores. */
const BASE_KEYS = 100;

export const memory: Part = {
  name: "e",
  title: `Memory of a cache of ${EMBEDDED_CACHE_BYTES / MEGABYTE} MB under a scan`,
  async run(context) {
    const heap = await liveHeap();
    const alone = await aloneInWorkerd(context);
    const gateway = await throughTheGateway(context);
    return {
      checks: [
        check(
          `the cache in workerd, ${context.settings.scannedKeys} keys: resident`,
          alone.grownBytes,
          `above ${megabytes(alone.baseBytes)} MB; it counts ${megabytes(alone.bytes)} MB in ${alone.entries} entries`,
        ),
        check(
          `the whole gateway, ${gateway.requests} reads over 1000000 keys: resident`,
          gateway.grownBytes,
          `above ${megabytes(gateway.baseBytes)} MB; at ${Math.round(gateway.requestsPerSecond)} reads/s`,
        ),
        check(
          "live after garbage collection: heap and buffers",
          heap.liveBytes,
          `it counts ${megabytes(heap.bytes)} MB, ${(heap.liveBytes / heap.bytes).toFixed(2)} of what it counts is alive`,
        ),
      ],
      details: { heap, alone, gateway },
    };
  },
};

function check(what: string, bytes: number, note: string): Check {
  const bar = { kind: "at most", value: Number(megabytes(BAR_BYTES)) } as const;
  return { what, figure: Number(megabytes(bytes)), unit: "MB", bar, note };
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(1);
}

/** The cache in this very process: what is alive can be told exactly from what waits to be collected. */
async function liveHeap() {
  const collect = garbageCollector();
  const scan = scannedCache();
  await scan(0, BASE_KEYS);
  const base = await collect();
  const scanned = await scan(BASE_KEYS, 5 * STEP);
  const liveBytes = (await collect()) - base;
  // Alive until it is measured.
  return { ...(await scan(0, 0)), ...scanned, liveBytes };
}

function garbageCollector(): () => Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  return async function liveBytes() {
    collect();
    // Buffers are freed by another thread when their owners are gone.
    await pause(100);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}

async function aloneInWorkerd({ settings, progress }: Context) {
  progress("bundling the cache");
  const worker = await startScript(await bundleEdge("bench/workers/scan.ts"));
  try {
    const scan = async (from: number, to: number): Promise<{ bytes: number; entries: number }> =>
      (await fetch(`http://127.0.0.1:${worker.port}/?from=${from}&to=${to}`)).json() as never;
    await scan(0, BASE_KEYS);
    const baseBytes = residentBytes(worker.pids);
    let most = baseBytes;
    let last = { bytes: 0, entries: 0 };
    const sampling = setInterval(() => {
      most = Math.max(most, residentBytes(worker.pids));
    }, SAMPLE_MS);
    for (let from = BASE_KEYS; from < settings.scannedKeys; from += STEP) {
      progress(`scanned ${from} of ${settings.scannedKeys} keys`);
      last = await scan(from, Math.min(from + STEP, settings.scannedKeys));
    }
    clearInterval(sampling);
    return { ...last, baseBytes, grownBytes: most - baseBytes };
  } finally {
    await worker.stop();
  }
}

/** With all that a request leaves behind on its way. */
async function throughTheGateway({ settings, progress }: Context) {
  progress("the whole gateway: starting");
  const server = await startServer("edge-hit");
  try {
    const { port, pids } = server.serving;
    const requests = await server.requests();
    const job = { port, connections: 32, rate: null, warmUp: 1 };
    await measure({ ...job, requests, seconds: 2 }, server.serving);
    const baseBytes = residentBytes(pids);
    let most = baseBytes;
    const sampling = setInterval(() => {
      most = Math.max(most, residentBytes(pids));
    }, SAMPLE_MS);
    const read = (requests[0] ?? "").replace(productPath, `/v1/products/${ID_SLOT}`);
    const scan = { read, write: read, keys: 1_000_000, exponent: 0, writeShare: 0, seed: 1 };
    progress(`the whole gateway: ${settings.seconds * 2} s of misses`);
    const result = await measure({ ...job, requests: scan, seconds: settings.seconds * 2 }, server.serving);
    clearInterval(sampling);
    return { ...result, baseBytes, grownBytes: most - baseBytes };
  } finally {
    server.stop();
  }
}
