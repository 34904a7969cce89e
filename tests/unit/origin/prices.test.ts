import { describe, expect, test } from "vitest";
import { currentPrices } from "#origin/resources/prices/in-force.ts";
import {
  type PriceValues,
  revise,
  valuesOf,
  violationsOf,
  withdrawnAt,
} from "#origin/resources/prices/rules.ts";

const YESTERDAY = "2026-01-01T00:00:00.000Z";
const NOW = "2026-01-02T00:00:00.000Z";
const TOMORROW = "2026-01-03T00:00:00.000Z";
const LATER = "2026-01-04T00:00:00.000Z";

const price = (values: Partial<PriceValues> = {}): PriceValues => ({
  listMinor: 100,
  saleMinor: null,
  validFrom: TOMORROW,
  validUntil: null,
  ...values,
});

describe("a price that is to be made", () => {
  test("begins now and holds until further notice when it does not say", () => {
    const create = { productId: "p", currency: "USD", listMinor: 100 } as const;
    expect(valuesOf(create, NOW)).toEqual(price({ validFrom: NOW }));
  });

  test("breaks each rule at its own place", () => {
    const bad = price({ saleMinor: 101, validFrom: YESTERDAY, validUntil: YESTERDAY });
    expect(violationsOf(bad, NOW, "/prices/3").map(({ pointer, rule }) => `${pointer} ${rule}`)).toEqual([
      "/prices/3/saleMinor maximum",
      "/prices/3/validFrom past",
      "/prices/3/validUntil after",
    ]);
    expect(violationsOf(price({ saleMinor: 100, validFrom: NOW, validUntil: TOMORROW }), NOW)).toEqual([]);
  });
});

describe("a change of a price", () => {
  test("may change all of what has not begun, by the same rules", () => {
    const patch = { listMinor: 90, saleMinor: 80, validFrom: NOW, validUntil: LATER };
    expect(revise(price(), patch, NOW)).toEqual({ kind: "values", values: patch });
    expect(revise(price(), { saleMinor: 101 }, NOW).kind).toBe("violations");
  });

  test("removes a sale and an end by null", () => {
    const current = price({ saleMinor: 80, validUntil: LATER });
    expect(revise(current, { saleMinor: null, validUntil: null }, NOW)).toEqual({
      kind: "values",
      values: price(),
    });
  });

  test.each(["listMinor", "saleMinor", "validFrom"])("is refused for %s once it has begun", (field) => {
    const revision = revise(price({ validFrom: NOW }), { [field]: field === "validFrom" ? LATER : 1 }, NOW);
    expect(revision).toEqual({
      kind: "conflict",
      detail: `the price has begun: ${field} cannot be changed`,
    });
  });

  test("may move the end of one that has begun, but not into the past", () => {
    const current = price({ validFrom: YESTERDAY });
    for (const validUntil of [NOW, LATER, null])
      expect(revise(current, { validUntil }, NOW)).toMatchObject({ kind: "values", values: { validUntil } });
    expect(revise(current, { validUntil: YESTERDAY }, NOW)).toMatchObject({
      kind: "violations",
      violations: [{ pointer: "/validUntil", rule: "past" }],
    });
  });

  test("does not bring back one that has ended or was withdrawn", () => {
    const ended = price({ validFrom: YESTERDAY, validUntil: NOW });
    const withdrawn = price({ validUntil: TOMORROW });
    for (const current of [ended, withdrawn]) {
      expect(revise(current, { validUntil: null }, NOW)).toEqual({
        kind: "conflict",
        detail: "the price has ended",
      });
    }
  });
});

test("a price is withdrawn now, or before it begins, and once only", () => {
  expect(withdrawnAt(price({ validFrom: YESTERDAY }), NOW)).toBe(NOW);
  expect(withdrawnAt(price({ validFrom: YESTERDAY, validUntil: LATER }), NOW)).toBe(NOW);
  expect(withdrawnAt(price(), NOW)).toBe(TOMORROW);
  expect(withdrawnAt(price({ validUntil: TOMORROW }), NOW)).toBeNull();
  expect(withdrawnAt(price({ validFrom: YESTERDAY, validUntil: NOW }), NOW)).toBeNull();
});

describe("what a product costs", () => {
  const stated = { priceMinor: 500, priceCurrency: "USD", listPriceMinor: 600, listPriceCurrency: "USD" };
  const dated = { priceId: "p", currency: "USD", listMinor: 550, saleMinor: 450 };
  const none = { priceId: null, currency: null, listMinor: null, saleMinor: null };

  test("is the price that it states when no dated one holds", () => {
    expect(currentPrices(stated, [none])).toEqual([
      { currency: "USD", amountMinor: 500, listMinor: 600, priceId: null },
    ]);
  });

  test("is the dated price, and of that the sale price", () => {
    expect(currentPrices(stated, [dated])).toEqual([
      { currency: "USD", amountMinor: 450, listMinor: 550, priceId: "p" },
    ]);
    expect(currentPrices(stated, [{ ...dated, saleMinor: null }])[0]?.amountMinor).toBe(550);
    expect(currentPrices(stated, [{ ...dated, saleMinor: 0 }])[0]?.amountMinor).toBe(0);
  });

  test("is told for each currency, and for none that it has no price in", () => {
    expect(currentPrices(stated, [{ ...dated, currency: "CLP" }]).map(({ currency }) => currency)).toEqual([
      "CLP",
      "USD",
    ]);
    const unpriced = { priceMinor: null, priceCurrency: null, listPriceMinor: null, listPriceCurrency: null };
    expect(currentPrices(unpriced, [none])).toEqual([]);
    expect(currentPrices({ ...stated, listPriceCurrency: "CLP" }, [none])[0]?.listMinor).toBe(500);
  });
});
