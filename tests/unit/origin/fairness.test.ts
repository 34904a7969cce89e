import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Admission, createAdmission, type Guest } from "#origin/db/admission.ts";
import type { WaitingLine } from "#origin/db/waiting-line.ts";
import type { Priority, Work } from "#origin/db/work.ts";

/**
 * Who gets a connection when one tenant asks 20 times as often as another, and for longer than anybody else: in
 * virtual time, so that it is the admission that is measured and not the machine
 * (`tests/faults/noisy-tenant.long.test.ts` has real processes).
 */

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const PLACES = 8;
const SECONDS = 120;
const QUIET = { tenantId: "quiet", priority: "list", everyMs: 50, heldMs: 10 } as const;
/** As orders for one product are: each holds its connection until the row is free. */
const NOISY = { tenantId: "noisy", priority: "write", everyMs: 50 / 20, heldMs: 400 } as const;

type Stream = {
  readonly tenantId: string;
  readonly priority: Priority;
  readonly everyMs: number;
  readonly heldMs: number;
};

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sends at a constant rate. @returns the latencies of those that were served */
async function run(admission: Admission, { tenantId, priority, everyMs, heldMs }: Stream): Promise<number[]> {
  const latencies: number[] = [];
  const { signal } = new AbortController();
  const work: Work = { tenantId, priority, signal, remainingMs: () => 5_000 };
  async function one(): Promise<void> {
    const since = performance.now();
    await admission.enter(work);
    await pause(heldMs);
    admission.leave(work, heldMs);
    latencies.push(performance.now() - since);
  }
  const all: Promise<unknown>[] = [];
  for (let sent = 0; sent < (SECONDS * 1000) / everyMs; sent++) {
    all.push(one().catch(() => undefined));
    await pause(everyMs);
  }
  await Promise.all(all);
  return latencies;
}

async function p99Of(streams: readonly Stream[], line?: WaitingLine<Guest>): Promise<number> {
  const options = { places: PLACES, maxWaiting: 160, maxWaitMs: 2_000 };
  const admission = createAdmission({ ...options, ...(line && { line }) });
  const running = Promise.all(streams.map((stream) => run(admission, stream)));
  await vi.advanceTimersByTimeAsync(SECONDS * 1000 + 10_000);
  const [first = []] = await running;
  // None was turned away, and none is still waiting.
  expect(first).toHaveLength((SECONDS * 1000) / QUIET.everyMs);
  first.sort((a, b) => a - b);
  return first[Math.ceil(first.length * 0.99) - 1] ?? Number.NaN;
}

test("a tenant that asks 20 times as often, for 40 times as long, does not double another's p99", async () => {
  const alone = await p99Of([QUIET]);
  const beside = await p99Of([QUIET, NOISY]);
  expect(alone).toBe(QUIET.heldMs);
  expect(beside / alone).toBeLessThan(2);
}, 60_000);
