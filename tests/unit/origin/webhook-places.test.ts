import { afterEach, expect, test, vi } from "vitest";
import { createPlaces, PLACES_PER_WEBHOOK } from "#origin/resources/webhooks/places.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** How many attempts may begin for a webhook. */
function left(places: ReturnType<typeof createPlaces>, id: string): number {
  return PLACES_PER_WEBHOOK - (places.withheld().get(id) ?? 0);
}

test("a webhook has its places, less those that it has taken", () => {
  const places = createPlaces();
  const all = places.free();
  expect(left(places, "a")).toBe(4);
  places.take("a");
  places.take("a");
  expect([left(places, "a"), left(places, "b"), places.free()]).toEqual([2, 4, all - 2]);
  places.giveBack("a", true);
  places.giveBack("a", true);
  expect([left(places, "a"), places.free()]).toEqual([4, all]);
  expect(places.withheld().size).toBe(0);
});

test("one that failed last has a single place, until something arrives", () => {
  const places = createPlaces();
  places.take("a");
  places.giveBack("a", false);
  expect([left(places, "a"), left(places, "b")]).toEqual([1, 4]);
  places.take("a");
  expect(left(places, "a")).toBe(0);
  places.giveBack("a", true);
  expect(left(places, "a")).toBe(4);
});

test("only so many failing ones are remembered: the rest are as any other", () => {
  const places = createPlaces();
  for (let count = 0; count < 2_000; count++) {
    places.take(`w${count}`);
    places.giveBack(`w${count}`, false);
  }
  expect(places.withheld().size).toBe(1_000);
  expect(left(places, "w1999")).toBe(4);
});

test("one that has failed five times in a row has none for ten seconds, then a single one, and all once it arrives", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  const places = createPlaces();
  const fail = async () => {
    places.take("a");
    places.giveBack("a", false);
    // The breaker learns of it in its own time.
    await new Promise(setImmediate);
  };
  for (let count = 0; count < 4; count++) await fail();
  expect([left(places, "a"), places.circuits()]).toEqual([1, { open: 0, "half-open": 0 }]);
  await fail();
  expect([left(places, "a"), left(places, "b"), places.circuits()]).toEqual([
    0,
    4,
    { open: 1, "half-open": 0 },
  ]);
  vi.advanceTimersByTime(10_000);
  expect([left(places, "a"), places.circuits()]).toEqual([1, { open: 0, "half-open": 1 }]);
  await fail();
  expect([left(places, "a"), places.circuits()]).toEqual([0, { open: 1, "half-open": 0 }]);
  vi.advanceTimersByTime(10_000);
  places.take("a");
  expect(left(places, "a")).toBe(0);
  places.giveBack("a", true);
  expect([left(places, "a"), places.circuits()]).toEqual([4, { open: 0, "half-open": 0 }]);
});
