import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createOpenings } from "#origin/db/openings.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Connections that are asked for at once, each of which is open when `open` is called. */
function build(count: number, random?: () => number) {
  const openings = createOpenings(random);
  const begun: number[] = [];
  const open = Array.from({ length: count }, (_, number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void openings.turn(promise).then(() => begun.push(number));
    return resolve;
  });
  return { begun, open, openings };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test("the first connection is opened at once, and the next when it is there", async () => {
  const { begun, open } = build(3);
  await settle();
  expect(begun).toEqual([0]);
  open[0]?.();
  await settle();
  expect(begun).toEqual([0, 1]);
  open[1]?.();
  await settle();
  expect(begun).toEqual([0, 1, 2]);
});

test("one that is neither there nor refused holds up the next for 50 to 150 ms, by chance, and no longer", async () => {
  for (const [random, ms] of [
    [0, 50],
    [1, 150],
  ] as const) {
    const { begun } = build(3, () => random);
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(begun).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(ms);
    expect(begun).toEqual([0, 1, 2]);
  }
});

test("whoever comes when all are there waits for nobody", async () => {
  const { begun, open, openings } = build(2);
  for (const opened of open) opened();
  await settle();
  expect(begun).toEqual([0, 1]);
  await openings.turn(Promise.resolve());
});
