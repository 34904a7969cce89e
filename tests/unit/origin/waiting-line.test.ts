import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fairLine, type Waiting } from "#origin/db/waiting-line.ts";
import type { Priority } from "#origin/db/work.ts";

type Guest = Waiting & { readonly name: string };

function guest(tenantId: string | null, priority: Priority = "read", name = ""): Guest {
  return { tenantId, priority, name };
}

function lineOf(...guests: readonly Guest[]) {
  const line = fairLine<Guest>();
  for (const one of guests) line.add(one);
  return line;
}

const anyone = () => true;
const times = (count: number, make: () => Guest) => Array.from({ length: count }, make);

function served(line: ReturnType<typeof lineOf>, count = Number.POSITIVE_INFINITY): Guest[] {
  const all: Guest[] = [];
  for (let next = line.next(anyone); next !== undefined; next = line.next(anyone)) {
    all.push(next);
    if (all.length === count) break;
  }
  return all;
}

describe("the order", () => {
  test("is that of coming for one tenant's work of one kind", () => {
    const line = lineOf(guest("a", "read", "1"), guest("a", "read", "2"), guest("a", "read", "3"));
    expect(served(line).map(({ name }) => name)).toEqual(["1", "2", "3"]);
  });

  test("takes tenants in turn, however much one has waiting", () => {
    const line = lineOf(...times(100, () => guest("noisy")), guest("quiet"), guest("quiet"));
    expect(served(line, 5).filter(({ tenantId }) => tenantId === "quiet")).toHaveLength(2);
  });

  test("gives a newcomer no credit for the time in which it asked for nothing", () => {
    const line = lineOf(...times(50, () => guest("early")));
    served(line, 40);
    for (const one of times(20, () => guest("late"))) line.add(one);
    const late = served(line, 20).filter(({ tenantId }) => tenantId === "late");
    expect(late.length).toBeLessThanOrEqual(11);
  });

  test("puts writes before reads, revalidations and lists, and the origin's own before all", () => {
    const priorities = ["list", "revalidation", "read", "write", "upkeep"] as const;
    const line = lineOf(...priorities.map((priority) => guest(priority, priority)));
    expect(served(line).map(({ priority }) => priority)).toEqual([...priorities].reverse());
  });

  test("lets a flood of one tenant's writes go before another's list only for a few turns", () => {
    const line = lineOf(...times(100, () => guest("noisy", "write")), guest("quiet", "list"));
    const turn = served(line).findIndex(({ tenantId }) => tenantId === "quiet");
    expect(turn).toBeLessThanOrEqual(9);
    expect(turn).toBeGreaterThan(2);
  });

  test("passes over whoever may not enter now", () => {
    const line = lineOf(guest("full"), guest("other"));
    expect(line.next(({ tenantId }) => tenantId !== "full")?.tenantId).toBe("other");
    expect(line.next(({ tenantId }) => tenantId !== "full")).toBeUndefined();
    expect(line.size()).toBe(1);
  });
});

describe("a line that is full", () => {
  test("sends away the last of whoever has most waiting, for a tenant that has little", () => {
    const line = lineOf(...times(9, () => guest("noisy")), guest("noisy", "read", "last"));
    expect(line.giveUpFor(guest("quiet"))?.name).toBe("last");
    expect(line.size()).toBe(9);
  });

  test("sends nobody away for the one who fills it", () => {
    const line = lineOf(...times(10, () => guest("noisy")), guest("quiet"));
    expect(line.giveUpFor(guest("noisy"))).toBeUndefined();
  });

  test("sends a list away for a write", () => {
    const line = lineOf(guest("a", "write"), guest("a", "list"), guest("b", "read"));
    expect(line.giveUpFor(guest("c", "write"))?.priority).toBe("list");
  });

  test("never sends the origin's own away", () => {
    const line = lineOf(guest(null, "upkeep"));
    expect(line.giveUpFor(guest("a", "write"))).toBeUndefined();
  });
});

test("whatever comes, tenants that all wait are served alike: within one turn of each other", () => {
  const tenant = fc.constantFrom("a", "b", "c");
  fc.assert(
    fc.property(fc.array(tenant, { maxLength: 60 }), (arrivals) => {
      const line = lineOf(...arrivals.map((tenantId) => guest(tenantId)));
      const waiting = new Map<string | null, number>();
      for (const tenantId of arrivals) waiting.set(tenantId, (waiting.get(tenantId) ?? 0) + 1);
      const turns = new Map([...waiting.keys()].map((tenantId): [string | null, number] => [tenantId, 0]));
      for (let next = line.next(anyone); next !== undefined; next = line.next(anyone)) {
        turns.set(next.tenantId, (turns.get(next.tenantId) ?? 0) + 1);
        const still = [...turns].filter(([tenantId, count]) => count < (waiting.get(tenantId) ?? 0));
        const counts = still.map(([, count]) => count);
        if (counts.length > 1) expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("what is remembered of tenants that have gone does not grow", () => {
  const line = fairLine<Guest>();
  for (let n = 0; n < 2_000; n++) {
    line.add(guest(`tenant-${n}`));
    expect(line.next(anyone)?.tenantId).toBe(`tenant-${n}`);
  }
  expect(line.size()).toBe(0);
});
