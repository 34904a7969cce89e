import fc from "fast-check";
import { expect, test } from "vitest";
import { inexactNumber } from "#origin/inexact-numbers.ts";

test.each([
  "9007199254740991.4",
  "4503599627370497.3",
  "1.00000000000000000001",
  "1e-400",
  "0.3e-999",
  "10.00000000000000000001E0",
  "12345678901234567890.5e-0",
])("%s would be read as a whole number, and is none", (number) => {
  expect(inexactNumber(`{"a":"1.5","amountMinor":${number},"b":[]}`)).toBe(number);
  expect(inexactNumber(`[-${number}]`)).toBe(number);
});

test.each([
  "0.5",
  "1.5e0",
  "1299.00",
  "1e3",
  "1.50e1",
  "120e-1",
  "0e-400",
  "0.000",
  "9007199254740991.000",
  "1e999",
])("%s is what it says, whole or not, or is refused for what it is", (number) => {
  expect(inexactNumber(`{"a":${number}}`)).toBeNull();
});

test("what stands in a string is no number", () => {
  const hidden = String.raw`{"1e-400":"1e-400","a\\":"\"1e-400","b":0.5}`;
  expect(JSON.parse(hidden)).toMatchObject({ b: 0.5 });
  expect(inexactNumber(hidden)).toBeNull();
});

test("a whole number is found to be one, however it is written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(6), fc.nat(6), (amount, zeros, shift) => {
      const digits = String(amount).padStart(shift + 1, "0");
      const moved = `${digits.slice(0, digits.length - shift)}.${digits.slice(digits.length - shift)}0`;
      for (const number of [
        `${amount}.${"0".repeat(zeros + 1)}`,
        `${moved}e${shift}`,
        `${amount}${"0".repeat(zeros)}e-${zeros}`,
      ])
        expect([number, inexactNumber(`[${number}]`)]).toEqual([number, null]);
    }),
  );
});
