import { expect, test } from "vitest";
import { publishedDriver } from "#scripts/local/published-driver.ts";

type Queue = { length: number; push(x: object): object; shift(): object; remove(x: object): object | null };

async function queueOf(driver: string): Promise<Queue> {
  const { default: Queue }: { default: () => Queue } = await import(new URL("./queue.js", driver).href);
  return Queue();
}

/** How much longer a turn takes once the queue has been in use for long, without ever being empty. */
async function slowdown(driver: string): Promise<number> {
  const queue = await queueOf(driver);
  for (let i = 0; i < 10; i++) queue.push({});
  const batches = Array.from({ length: 60 }, () => {
    const start = performance.now();
    for (let i = 0; i < 500; i++) {
      const next = queue.shift();
      queue.remove(next);
      queue.push(next);
    }
    return performance.now() - start;
  });
  return median(batches.slice(-20)) / median(batches.slice(0, 20));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

test("a queue that is never empty does not become slower", async () => {
  expect(await slowdown(import.meta.resolve("postgres"))).toBeLessThan(2);
});

test("the queue as published becomes slower with each turn", async () => {
  const pristine = publishedDriver();
  try {
    expect(await slowdown(pristine.url)).toBeGreaterThan(2);
  } finally {
    pristine.remove();
  }
});

test("a compacted queue keeps its order and finds what is to be removed", async () => {
  const queue = await queueOf(import.meta.resolve("postgres"));
  const items = Array.from({ length: 500 }, (_, n) => ({ n }));
  for (const item of items) queue.push(item);
  const [first, ...rest] = items.slice(0, 400).map(() => queue.shift());

  expect([first, ...rest]).toEqual(items.slice(0, 400));
  expect(queue.remove(items[450] ?? {})).toBe(items[450]);
  expect(queue.remove(items[10] ?? {})).toBeNull();
  expect(Array.from({ length: queue.length }, () => queue.shift())).toEqual(
    items.slice(400).filter(({ n }) => n !== 450),
  );
});
