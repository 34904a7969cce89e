import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Sweep, type SweepServices, startSweeper } from "#origin/sweeper.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** None of these sweeps looks at them. */
const services = {} as SweepServices;

function start(...sweeps: Sweep["run"][]) {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const named = sweeps.map((run, at) => ({ name: `sweep ${at}`, run }));
  return { log, sweeper: startSweeper({ sweeps: named, services, log }) };
}

test("what resources have swept is looked for at once, and each second", async () => {
  const run = vi.fn(async () => false);
  const { sweeper } = start(run);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(run).toHaveBeenCalledTimes(3);
  await sweeper.stop();
});

test("a sweep that has more to do goes on without a pause", async () => {
  const run = vi.fn(async () => run.mock.calls.length < 5);
  const { sweeper } = start(run);
  await vi.advanceTimersByTimeAsync(500);
  expect(run).toHaveBeenCalledTimes(5);
  await sweeper.stop();
});

test("a sweep that fails is tried again, told of once, and keeps no other back", async () => {
  const broken = vi.fn(async () => Promise.reject(new Error("broken")));
  const other = vi.fn(async () => false);
  const { sweeper, log } = start(broken, other);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(broken).toHaveBeenCalledTimes(3);
  expect(other).toHaveBeenCalledTimes(3);
  expect(log.error).toHaveBeenCalledTimes(1);
  await sweeper.stop();
});

test("a stop does not wait for the next second, and nothing is swept after it", async () => {
  const run = vi.fn(async () => false);
  const { sweeper } = start(run);
  await vi.advanceTimersByTimeAsync(100);
  await sweeper.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(run).toHaveBeenCalledTimes(1);
});
