import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMoney } from "#origin/resources/products/import/money/read-money.ts";
import { currencyExponent } from "#shared/money.ts";

const NBSP = "\u00a0";
const NARROW = "\u202f";

/** Spelling, the line's currency, and what is read: `<minor units> <currency>`. */
const READ: readonly (readonly [string, string | undefined, string])[] = [
  // Plain decimals, as programs write them.
  ["12.9", "USD", "1290 USD"],
  ["12.90", "USD", "1290 USD"],
  ["12.900000", "USD", "1290 USD"],
  ["1299", "CLP", "1299 CLP"],
  ["1299.00", "CLP", "1299 CLP"],
  ["1.234", "KWD", "1234 KWD"],
  ["1299.500", "USD", "129950 USD"],
  ["0.500", "USD", "50 USD"],
  ["0012.90", "USD", "1290 USD"],
  [".99", "USD", "99 USD"],
  [" 12.90 ", "USD", "1290 USD"],
  // A comma before the cents.
  ["12,90", "EUR", "1290 EUR"],
  ["12,9", "EUR", "1290 EUR"],
  ["1234,56", "EUR", "123456 EUR"],
  ["12,-", "EUR", "1200 EUR"],
  ["12,– €", undefined, "1200 EUR"],
  // Thousands, told from cents by the other mark, by a mark that is never before cents, or by coming twice.
  ["1.234,56", "EUR", "123456 EUR"],
  ["1,234.56", "USD", "123456 USD"],
  ["1.234.567,89", "EUR", "123456789 EUR"],
  ["1,234,567.89", "USD", "123456789 USD"],
  ["1,234,567", "USD", "123456700 USD"],
  ["1 234,56", "EUR", "123456 EUR"],
  ["1 234", "EUR", "123400 EUR"],
  [`1${NBSP}234,56${NBSP}€`, "EUR", "123456 EUR"],
  [`1${NARROW}234${NARROW}567,5 €`, undefined, "123456750 EUR"],
  ["1'234.50", "CHF", "123450 CHF"],
  ["1’234.50", "CHF", "123450 CHF"],
  ["1,23,456.78", "INR", "12345678 INR"],
  ["1,234.567", "KWD", "1234567 KWD"],
  // A currency without cents has no fraction to be taken for thousands.
  ["1.299", "CLP", "1299 CLP"],
  ["CLP 1.299", undefined, "1299 CLP"],
  ["$12.990", "CLP", "12990 CLP"],
  ["1.299.990", "CLP", "1299990 CLP"],
  ["1,299", "JPY", "1299 JPY"],
  ["¥1,299", "JPY", "1299 JPY"],
  // A currency beside the amount.
  ["1 234,56 €", undefined, "123456 EUR"],
  ["€12.90", "EUR", "1290 EUR"],
  ["$12.99", "USD", "1299 USD"],
  ["$.99", "USD", "99 USD"],
  ["US$12.99", undefined, "1299 USD"],
  ["12.90 USD", undefined, "1290 USD"],
  ["12.90USD", "USD", "1290 USD"],
  ["usd 12.90", undefined, "1290 USD"],
  ["USD $12.90", undefined, "1290 USD"],
  ["R$ 1.234,56", undefined, "123456 BRL"],
  ["199 kr", "SEK", "19900 SEK"],
  ["199,50 kr.", "DKK", "19950 DKK"],
  ["Fr. 12.50", undefined, "1250 CHF"],
  ["Rs.100", "INR", "10000 INR"],
  ["руб.50", undefined, "5000 RUB"],
  ["USD. 50", undefined, "5000 USD"],
  ["12,99 zł", undefined, "1299 PLN"],
  ["90071992547409.91", "USD", `${Number.MAX_SAFE_INTEGER} USD`],
];

/** Spelling, the line's currency, and by which rule it is refused. */
const REFUSED: readonly (readonly [string, string | undefined, string])[] = [
  // Thousands, or a fraction: only who wrote it knows.
  ["1,234", "USD", "ambiguous"],
  ["1.234", "EUR", "ambiguous"],
  ["12.999", "USD", "ambiguous"],
  ["1,234", "KWD", "ambiguous"],
  ["1.000", "CLP", "ambiguous"],
  // A fraction, or the point of an abbreviation, which a code is not.
  ["USD.50", undefined, "ambiguous"],
  ["eur.99", "EUR", "ambiguous"],
  ["$1,234", "USD", "ambiguous"],
  // More digits than the currency has, or more than a number holds.
  ["12.9999", "USD", "precision"],
  ["0.999", "USD", "precision"],
  ["1299.999", "USD", "precision"],
  ["1,234.567", "USD", "precision"],
  ["1299.5", "CLP", "precision"],
  ["1.2345", "KWD", "precision"],
  ["90071992547409.92", "USD", "precision"],
  ["99999999999999999999", "USD", "precision"],
  // No currency, one of several, another than the line's, or none that there is.
  ["12.90", undefined, "required"],
  ["$12.90", undefined, "required"],
  ["199 kr", undefined, "required"],
  ["12.90 EUR", "USD", "currency"],
  ["€12.90", "USD", "currency"],
  ["€12.90 USD", undefined, "currency"],
  ["12.90 XXX", undefined, "currency"],
  ["from 12.90", "USD", "currency"],
  // No amount, or more than one.
  ["", "USD", "decimal"],
  ["free", "USD", "decimal"],
  ["-1", "USD", "decimal"],
  ["+1", "USD", "decimal"],
  ["(1.00)", "USD", "decimal"],
  ["12.", "USD", "decimal"],
  ["1..2", "USD", "decimal"],
  ["1.2.3", "USD", "decimal"],
  ["1,23,45", "USD", "decimal"],
  ["1 23", "USD", "decimal"],
  ["12 90", "USD", "decimal"],
  ["1.234,567.89", "USD", "decimal"],
  ["0.123.456", "USD", "decimal"],
  ["1e3", "USD", "decimal"],
  ["10-20", "USD", "decimal"],
  ["10 - 20", "USD", "decimal"],
  ["10/20", "USD", "decimal"],
  ["٣", "USD", "decimal"],
  ["１２", "USD", "decimal"],
  ["0x10", "USD", "decimal"],
  ["NaN", "USD", "decimal"],
  ["12.90 + 3", "USD", "decimal"],
];

const said = (text: string, currency: string | undefined) => {
  const reading = readMoney(text, currency);
  return reading.kind === "refused" ? reading.rule : `${reading.money.amountMinor} ${reading.money.currency}`;
};

describe("a price in an import", () => {
  test.each(READ)("%j in %s is read as %s", (text, currency, expected) => {
    expect(said(text, currency)).toBe(expected);
  });

  test.each(REFUSED)("%j in %s is refused: %s", (text, currency, rule) => {
    expect(said(text, currency)).toBe(rule);
  });

  test("is read as what was written, however that was done, or refused", () => {
    const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const style = fc.constantFrom([",", "."], [".", ","], [" ", ","], ["'", "."], ["", "."], ["", ","]);
    const currencies = fc.constantFrom("CLP", "USD", "KWD");
    fc.assert(
      fc.property(
        amount,
        style,
        currencies,
        fc.boolean(),
        (amountMinor, [group = "", mark = ""], currency, named) => {
          const exponent = currencyExponent(currency) ?? 0;
          const digits = String(amountMinor).padStart(exponent + 1, "0");
          const whole = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, group);
          const number = exponent === 0 ? whole : `${whole}${mark}${digits.slice(-exponent)}`;
          const text = named ? `${number} ${currency}` : number;
          expect([`${amountMinor} ${currency}`, "ambiguous"]).toContain(said(text, currency));
          // With cents there is never a doubt.
          if (exponent === 2) expect(said(text, currency)).not.toBe("ambiguous");
        },
      ),
    );
  });
});
