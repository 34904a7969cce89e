import { setTimeout as pause } from "node:timers/promises";
import { EMBEDDED_CACHE_BYTES } from "#edge/cache/embedded.ts";
import { bundleEdge } from "#scripts/local/edge.ts";
import { heapBytes } from "#scripts/local/inspector.ts";
import type { Check } from "../../bars/part.ts";
import { productPath } from "../../contestants/product.ts";
import { startScript } from "../../contestants/worker.ts";
import { ID_SLOT } from "../../load/requests.ts";
import { measure, startServer } from "../../process.ts";
import { watchResident } from "../../resident.ts";
import type { Context, Part } from "../part.ts";
import type { Scanned } from "../scan.ts";

/** What the cache takes while more keys go through it than it can hold. */

const MEGABYTE = 1024 * 1024;
const BAR_BYTES = EMBEDDED_CACHE_BYTES * 1.2;
const STEP = 10_000;
/** Enough for what an isolate allocates once, however little it stores. */
const BASE_KEYS = 100;
const COLLECTABLE = "--expose-gc";
/** Lets V8 keep little besides what is alive, at the price of speed. */
const SPARING = "--max-semi-space-size=1 --single-threaded-gc --optimize-for-size";

export const memory: Part = {
  name: "e",
  title: `Memory of a cache of ${EMBEDDED_CACHE_BYTES / MEGABYTE} MB under a scan`,
  async run(context) {
    context.progress("bundling the cache");
    const script = await bundleEdge("bench/workers/scan.ts");
    const sparing = await scanned(script, `${COLLECTABLE} ${SPARING}`, context);
    const usual = await scanned(script, COLLECTABLE, context);
    const gateway = await throughTheGateway(context);
    const bar = { kind: "at most", value: rounded(BAR_BYTES) } as const;
    const none = { kind: "none" } as const;
    const keys = `${context.settings.scannedKeys} keys`;
    return {
      checks: [
        check(`${keys}: alive after garbage collection`, usual.liveBytes, bar, accounting(usual)),
        check(`${keys}: resident, V8 told to spare memory`, sparing.grownBytes, bar, SPARING),
        check(`${keys}: resident, V8 as it is`, usual.grownBytes, none, above(usual.baseBytes)),
        check(
          `whole gateway, ${gateway.requests} of 1000000 keys: resident, V8 as it is`,
          gateway.grownBytes,
          none,
          `${above(gateway.baseBytes)}; ${Math.round(gateway.requestsPerSecond)} reads/s`,
        ),
      ],
      details: { sparing, usual, gateway },
    };
  },
};

function check(what: string, bytes: number, bar: Check["bar"], note: string): Check {
  return { what, figure: rounded(bytes), unit: "MB", bar, note };
}

function accounting({ bytes, entries, liveBytes }: Scanned & { readonly liveBytes: number }): string {
  const share = (bytes / liveBytes).toFixed(2);
  return `the cache counts ${rounded(bytes)} MB in ${entries} entries, ${share} of what is alive`;
}

function above(bytes: number): string {
  return `above ${rounded(bytes)} MB`;
}

/** In megabytes, as it is shown. */
function rounded(bytes: number): number {
  return Number((bytes / MEGABYTE).toFixed(1));
}

/** Scans through the cache alone in workerd. */
async function scanned(script: string, v8Flags: string, { settings, progress }: Context) {
  const worker = await startScript(script, {}, v8Flags);
  const ask = (path: string) => fetch(`http://127.0.0.1:${worker.port}${path}`);
  async function scan(from: number, to: number): Promise<Scanned> {
    const [bytes = 0, entries = 0] = (await (await ask(`/?from=${from}&to=${to}`)).text())
      .split(" ")
      .map(Number);
    return { bytes, entries };
  }
  async function live(): Promise<number> {
    // Buffers are freed by another thread once their owners are gone.
    for (let i = 0; i < 2; i++) {
      await ask("/collect");
      await pause(200);
    }
    return heapBytes(await worker.inspector());
  }
  try {
    await scan(0, BASE_KEYS);
    const baseLive = await live();
    const resident = watchResident(worker.pids);
    let last: Scanned = { bytes: 0, entries: 0 };
    for (let from = BASE_KEYS; from < settings.scannedKeys; from += STEP) {
      progress(`scanned ${Math.round((from / settings.scannedKeys) * 100)}% with ${v8Flags}`);
      last = await scan(from, Math.min(from + STEP, settings.scannedKeys));
    }
    return { ...last, ...resident.stop(), liveBytes: (await live()) - baseLive };
  } finally {
    await worker.stop();
  }
}

/** With all that a request leaves behind on its way. */
async function throughTheGateway({ settings, progress }: Context) {
  progress("the whole gateway: starting");
  const server = await startServer("edge-hit");
  try {
    const { serving } = server;
    const requests = await server.requests();
    const job = { port: serving.port, connections: 32, rate: null, warmUp: 0, seconds: settings.seconds };
    await measure({ ...job, requests, seconds: 2 }, serving);
    const resident = watchResident(serving.pids);
    const read = (requests[0] ?? "").replace(productPath, `/v1/products/${ID_SLOT}`);
    const scan = { read, write: read, keys: 1_000_000, exponent: 0, writeShare: 0, seed: 1 };
    progress(`the whole gateway: ${settings.seconds} s of misses`);
    const result = await measure({ ...job, requests: scan }, serving);
    return { ...result, ...resident.stop() };
  } finally {
    server.stop();
  }
}
