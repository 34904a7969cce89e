import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currencyExponent, parseDecimal } from "#shared/money.ts";

describe("parseDecimal", () => {
  test.each([
    ["12.9", "USD", 1290],
    ["12.90", "USD", 1290],
    ["0.01", "USD", 1],
    ["0", "USD", 0],
    ["12.900000", "USD", 1290],
    ["1299", "CLP", 1299],
    ["1299.00", "CLP", 1299],
    ["1.234", "KWD", 1234],
    ["90071992547409.91", "USD", Number.MAX_SAFE_INTEGER],
  ])("reads %s %s as %d minor units", (text, currency, amountMinor) => {
    expect(parseDecimal(text, currency)).toEqual({ amountMinor, currency });
  });

  test.each([
    ["12.905", "USD"],
    ["1299.5", "CLP"],
    ["1.2345", "KWD"],
    ["90071992547409.92", "USD"],
    ["12.9", "XXX"],
    ["12.9", "usd"],
    ["", "USD"],
    [".5", "USD"],
    ["5.", "USD"],
    ["05", "USD"],
    ["-1", "USD"],
    ["+1", "USD"],
    ["1e2", "USD"],
    ["1,000", "USD"],
    ["1 ", "USD"],
    ["NaN", "USD"],
    ["١", "USD"],
  ])("refuses %j %s instead of rounding or guessing", (text, currency) => {
    expect(parseDecimal(text, currency)).toBeNull();
  });

  test("is exact for every amount that fits", () => {
    const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(amount, fc.constantFrom("CLP", "USD", "KWD"), (amountMinor, currency) => {
        const exponent = currencyExponent(currency) ?? 0;
        const digits = String(amountMinor).padStart(exponent + 1, "0");
        const whole = digits.slice(0, digits.length - exponent);
        const text = exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`;
        expect(parseDecimal(text, currency)).toEqual({ amountMinor, currency });
      }),
    );
  });
});

test("each currency has the exponent that ISO 4217 gives it", () => {
  expect(["CLP", "JPY", "USD", "EUR", "MRU", "KWD", "TND"].map(currencyExponent)).toEqual([
    0, 0, 2, 2, 2, 3, 3,
  ]);
  expect(currencyExponent("XAU")).toBeUndefined();
});
