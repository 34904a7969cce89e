import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { measurePressure } from "#origin/shedding/pressure.ts";

const BEARABLE_MS = 10;
const pressure = measurePressure(BEARABLE_MS);

afterEach(() => pressure.stop());

function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("an origin does not shed its first lists for the time that its own start took", async () => {
  await vi.waitFor(async () => {
    keepBusy(300);
    await sleep(1);
    expect(pressure.strain().eventLoop).toBeGreaterThan(1);
  }, 10_000);
  pressure.forget();
  expect(pressure.strain().eventLoop).toBe(0);
});
