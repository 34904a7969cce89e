import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstIdOf, newId } from "#origin/resources/orders/ids.ts";
import { demandOf, type Offer, price, shortages } from "#origin/resources/orders/pricing.ts";
import { type Step, transition } from "#origin/resources/orders/states.ts";
import type { OrderState } from "#shared/resources/order-schemas.ts";

const STATES: readonly OrderState[] = ["pending", "paid", "fulfilled", "cancelled", "expired"];
const STEPS: readonly Step[] = ["pay", "fulfil", "cancel", "expire"];

describe("an order's states", () => {
  const to = (due: boolean) =>
    STATES.map((state) => STEPS.map((step) => transition(state, step, due)?.to ?? "-"));

  test("are left by these steps and no others, in time", () => {
    expect(to(false)).toEqual([
      ["paid", "-", "cancelled", "-"],
      ["-", "fulfilled", "cancelled", "-"],
      ["-", "-", "-", "-"],
      ["-", "-", "-", "-"],
      ["-", "-", "-", "-"],
    ]);
  });

  test("once the time to pay is up, a pending order expires or is cancelled", () => {
    expect(to(true)[0]).toEqual(["-", "-", "cancelled", "expired"]);
  });

  test("end their reservations in exactly one way, whichever way an order takes", () => {
    const ends = (state: OrderState): number[] =>
      STEPS.flatMap((step) => {
        const taken = transition(state, step, step === "expire");
        if (taken === null) return [];
        const ended = taken.stock === "kept" ? 0 : 1;
        const further = ends(taken.to);
        return further.length === 0 ? [ended] : further.map((more) => ended + more);
      });
    expect(new Set(ends("pending"))).toEqual(new Set([1]));
  });
});

describe("pricing", () => {
  const offer = (unitMinor: number | null, isActive = true): Offer => ({
    sku: "S",
    name: "N",
    isActive,
    unitMinor,
  });
  const order = (...lines: [productId: string, quantity: number][]) => ({
    currency: "USD",
    lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
  });

  test("multiplies and adds up", () => {
    const offers = new Map([
      ["a", offer(199)],
      ["b", offer(0)],
    ]);
    expect(price(order(["a", 3], ["b", 5], ["a", 1]), offers)).toMatchObject({
      kind: "priced",
      lines: [{ lineTotalMinor: 597 }, { lineTotalMinor: 0 }, { lineTotalMinor: 199 }],
      totalMinor: 796,
    });
  });

  test("names every line that cannot be priced, and why", () => {
    const offers = new Map([
      ["a", offer(1)],
      ["draft", offer(1, false)],
      ["free of price", offer(null)],
    ]);
    const result = price(order(["a", 1], ["gone", 1], ["draft", 1], ["free of price", 1]), offers);
    expect(result).toMatchObject({
      kind: "violations",
      violations: [
        { pointer: "/lines/1/productId", rule: "exists" },
        { pointer: "/lines/2/productId", rule: "active" },
        { pointer: "/lines/3/productId", rule: "priced" },
      ],
    });
  });

  test("is exact to the last unit that can be written, and refuses more", () => {
    const most = new Map([["a", offer(Number.MAX_SAFE_INTEGER)]]);
    expect(price(order(["a", 1]), most)).toMatchObject({ totalMinor: Number.MAX_SAFE_INTEGER });
    expect(price(order(["a", 2]), most)).toMatchObject({
      violations: [{ pointer: "/lines/0/quantity", rule: "maximum" }],
    });
  });

  test("comes to the exact sum, or is refused, whatever is ordered", () => {
    const line = fc.tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 1_000_000 }));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (wanted) => {
        const offers = new Map(wanted.map(([unitMinor], at) => [`p${at}`, offer(unitMinor)]));
        const result = price(order(...wanted.map(([, n], at): [string, number] => [`p${at}`, n])), offers);
        const sum = wanted.reduce((total, [unit, n]) => total + BigInt(unit) * BigInt(n), 0n);
        if (sum > BigInt(Number.MAX_SAFE_INTEGER)) expect(result.kind).toBe("violations");
        else expect(result).toMatchObject({ kind: "priced", totalMinor: Number(sum) });
      }),
    );
  });

  test("sums the demand by product, and tells a shortage at each of its lines", () => {
    const wanted = order(["a", 3], ["b", 1], ["a", 2]);
    expect([...demandOf(wanted)]).toEqual([
      ["a", 5],
      ["b", 1],
    ]);
    expect(shortages(wanted, new Map([["a", 4]])).map(({ pointer, detail }) => [pointer, detail])).toEqual([
      ["/lines/0/quantity", "only 4 are available"],
      ["/lines/2/quantity", "only 4 are available"],
    ]);
  });
});

test("ids are in order of the instants they were made at, and the first of an instant is before all of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_000 }), (now) => {
      const first = firstIdOf(new Date(now).toISOString());
      expect(first <= newId(now)).toBe(true);
      expect(newId(now) < firstIdOf(new Date(now + 1).toISOString())).toBe(true);
    }),
  );
  expect(firstIdOf("1000-01-01T00:00:00.000Z")).toBe("00000000-0000-0000-0000-000000000000");
});
