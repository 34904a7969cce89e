import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Priority } from "#origin/db/work.ts";
import { createTurns, MOST_READS_WHEN_BUSY as MOST_READS, MOST_WAITING } from "#origin/shedding/turns.ts";
import { Problem } from "#shared/problems.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const MOST = 6;

/** A house, and who has begun in it: `a3` is the third request of tenant a, with `!` if it was refused. */
function build() {
  const began: string[] = [];
  const counts = new Map<string, number>();
  const refusal = () => new Problem("overloaded");
  const loop = { isBusy: true };
  const turns = createTurns({ most: MOST, isBusy: () => loop.isBusy, refusal });

  /** @returns makes it leave */
  function ask(tenantId: string, priority: Priority = "read"): () => void {
    const number = (counts.get(tenantId) ?? 0) + 1;
    counts.set(tenantId, number);
    const begin = (refused?: Problem) => {
      began.push(`${tenantId}${number}${refused === undefined ? "" : "!"}`);
    };
    const queue = turns.queueOf(tenantId, priority);
    turns.enter(queue, priority, begin);
    return () => turns.leave(queue, begin);
  }
  const askTimes = (times: number, tenantId: string, priority?: Priority) =>
    Array.from({ length: times }, () => ask(tenantId, priority));
  /** Two tenants have just come and gone. */
  function inCompany() {
    for (const one of ["a", "b"]) ask(one)();
    began.length = 0;
    counts.clear();
  }
  return { turns, loop, began, ask, askTimes, inCompany };
}

test("beside others, of one tenant's reads only so many are worked on at a time, and the rest in their order", () => {
  const { began, askTimes, inCompany } = build();
  inCompany();
  const leave = askTimes(MOST_READS + 3, "a");
  expect(began).toEqual(["a1", "a2", "a3", "a4"]);
  leave[2]?.();
  leave[0]?.();
  expect(began).toEqual(["a1", "a2", "a3", "a4", "a5", "a6"]);
});

test("whoever asks for little begins at once, however many of another tenant's requests wait", () => {
  const { began, ask, askTimes, inCompany } = build();
  inCompany();
  askTimes(1_000, "a");
  ask("b");
  expect(began.at(-1)).toBe("b1");
});

test("a tenant's writes and lists do not stand behind its own reads, and have a bound of their own", () => {
  const { began, askTimes, inCompany } = build();
  inCompany();
  askTimes(MOST_READS, "a");
  askTimes(MOST + 1, "a", "write");
  expect(began).toHaveLength(MOST_READS + MOST);
});

test("as many reads as anything else are worked on while the event loop is not busy: they wait for the database", () => {
  const { loop, began, askTimes, inCompany } = build();
  inCompany();
  askTimes(MOST + 1, "a");
  expect(began).toHaveLength(MOST_READS);
  loop.isBusy = false;
  askTimes(1, "a");
  expect(began).toEqual(["a1", "a2", "a3", "a4", "a5", "a6"]);
});

test("a tenant that is alone waits for nobody, and those that wait begin when it is alone again", () => {
  const { began, askTimes, inCompany, ask } = build();
  inCompany();
  const waiting = askTimes(20, "a");
  expect(began).toHaveLength(MOST_READS);
  vi.advanceTimersByTime(1_000);
  ask("a");
  expect(began).toHaveLength(21);
  expect(began.at(-1)).toBe("a21");
  for (const leave of waiting) leave();
  askTimes(20, "a");
  expect(began).toHaveLength(41);
});

test("whoever has waited for two seconds is refused, and takes nobody's turn by leaving", () => {
  const { began, askTimes, inCompany, turns } = build();
  inCompany();
  const leave = askTimes(MOST_READS + 1, "a");
  vi.advanceTimersByTime(1_999);
  expect(began).toHaveLength(MOST_READS);
  vi.advanceTimersByTime(1);
  expect(began.at(-1)).toBe("a5!");
  for (const one of leave) one();
  expect(turns.countOf("a")).toBe(0);
  inCompany();
  askTimes(MOST_READS + 1, "a");
  expect(began).toHaveLength(MOST_READS);
});

test("whoever leaves while it waits has no turn, and is not refused later", () => {
  const { began, askTimes, inCompany } = build();
  inCompany();
  const [first, , , , fifth] = askTimes(MOST_READS + 2, "a");
  fifth?.();
  first?.();
  vi.advanceTimersByTime(10_000);
  expect(began).toEqual(["a1", "a2", "a3", "a4", "a6"]);
});

test("a request begins in its own context, whoever's end makes room for it", () => {
  const { turns, askTimes, inCompany } = build();
  const storage = new AsyncLocalStorage<string>();
  inCompany();
  const [first] = storage.run("the others'", () => askTimes(MOST_READS, "a"));
  let context: string | undefined;
  storage.run("its own", () => {
    turns.enter(turns.queueOf("a", "read"), "read", () => {
      context = storage.getStore();
    });
  });
  storage.run("the others'", () => first?.());
  expect(context).toBe("its own");
});

test("of a tenant's requests only so many wait, and the next is refused at once", () => {
  const { began, askTimes, inCompany } = build();
  inCompany();
  askTimes(MOST_READS + MOST_WAITING, "a");
  expect(began).toHaveLength(MOST_READS);
  askTimes(1, "a");
  expect(began.slice(MOST_READS)).toEqual([`a${MOST_READS + MOST_WAITING + 1}!`]);
});
