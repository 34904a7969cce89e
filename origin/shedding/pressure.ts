import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Strain } from "./decide.ts";

/** How hard this process has it, measured as it goes. */
export type Pressure = {
  readonly strain: () => Strain;
  /** Milliseconds by which timers come late, of late. */
  readonly eventLoopDelayMs: () => number;
  /** Requests answered a second, of late. */
  readonly answeredPerSecond: () => number;
  /** Whether the event loop has hardly been idle of late. */
  readonly isBusy: () => boolean;
  /** A request has been answered. */
  readonly answered: () => void;
  /** Begins anew. For a process that has started: its start kept the loop busy, and is over. */
  readonly forget: () => void;
  readonly stop: () => void;
};

const LOOK_MS = 200;
/** How often the delay is sampled. */
const RESOLUTION_MS = 10;
/**
 * Of V8's limit, what may be alive after a full collection. Not what is used between two: that is mostly
 * garbage, which V8 leaves as long as there is room.
 */
const BEARABLE_HEAP = 0.8;
/** The part of the time for which a busy event loop is at work, or kept from it. */
const BUSY = 0.6;
/** How much the last look counts: a single stall is no reason to send anybody away. */
const LATEST = 0.3;

/** @param bearableDelayMs where the strain of the event loop is 1 */
export function measurePressure(bearableDelayMs: number): Pressure {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let delayMs = 0;
  let aliveBytes = 0;
  let count = 0;
  let perSecond = 0;
  let use = performance.eventLoopUtilization();
  let utilization = 0;
  let lookedAt = performance.now();

  const collections = new PerformanceObserver((list) => {
    const isFull = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (isFull) aliveBytes = getHeapStatistics().used_heap_size;
  });

  function look(): void {
    const now = performance.now();
    // NaN when the loop was busy for the whole of it: then the look itself is late.
    const sampled = delay.mean / 1e6 - RESOLUTION_MS;
    const lateMs = now - lookedAt - LOOK_MS;
    const latestMs = Math.max(0, Number.isNaN(sampled) ? lateMs : sampled);
    delayMs += (latestMs - delayMs) * LATEST;
    perSecond += ((count * 1000) / (now - lookedAt) - perSecond) * LATEST;
    const usedUntil = performance.eventLoopUtilization();
    utilization += (performance.eventLoopUtilization(usedUntil, use).utilization - utilization) * LATEST;
    use = usedUntil;
    delay.reset();
    count = 0;
    lookedAt = now;
  }

  delay.enable();
  collections.observe({ entryTypes: ["gc"] });
  const timer = setInterval(look, LOOK_MS).unref();
  const heapLimit = getHeapStatistics().heap_size_limit;

  return {
    strain: () => ({
      eventLoop: delayMs / bearableDelayMs,
      memory: aliveBytes / heapLimit / BEARABLE_HEAP,
    }),
    eventLoopDelayMs: () => delayMs,
    answeredPerSecond: () => perSecond,
    isBusy: () => utilization > BUSY,
    answered: () => {
      count++;
    },
    forget() {
      delay.reset();
      delayMs = 0;
      use = performance.eventLoopUtilization();
      utilization = 0;
      lookedAt = performance.now();
    },
    stop() {
      clearInterval(timer);
      delay.disable();
      collections.disconnect();
    },
  };
}

/** What Node's types leave open: the details of an entry of a collection. */
function kindOf(entry: object): unknown {
  const detail = "detail" in entry ? entry.detail : null;
  return typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : null;
}
