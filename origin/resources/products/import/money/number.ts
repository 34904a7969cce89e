/**
 * Reads numbers as people and programs write them. Where a spelling can be read in two ways, it is not
 * guessed which one was meant.
 */

export type NumberReading =
  /** A plain decimal: `1234.56`. */
  | { readonly kind: "decimal"; readonly text: string }
  | { readonly kind: "refused"; readonly rule: "decimal" | "ambiguous"; readonly detail: string };

/** Thousands apart; in India hundreds of thousands, and so on. */
const GROUPED = /^[1-9]\d{0,2}(?<mark>[.,' ])\d{3}(?:\k<mark>\d{3})*$/;
const GROUPED_IN_INDIA = /^[1-9]\d?(?:,\d{2})+,\d{3}$/;
const DIGITS = /^\d+$/;

/** @param exponent how many digits the currency has after the decimal mark */
export function readNumber(text: string, exponent: number): NumberReading {
  const whole = readWhole(text);
  const decimal = readDecimal(text);
  if (whole === null && decimal === null) return refuse("decimal", "is not an amount");
  if (whole === null || decimal === null) return { kind: "decimal", text: whole ?? decimal ?? "" };
  // One mark and three digits: thousands, or a fraction.
  if (exponent === 3 && text.includes(".")) return { kind: "decimal", text: decimal };
  if (exponent === 0 && !decimal.endsWith(".000")) return { kind: "decimal", text: whole };
  return refuse("ambiguous", `may be ${decimal} or ${whole}: write it without a mark for thousands`);
}

function readWhole(text: string): string | null {
  if (!DIGITS.test(text) && !GROUPED.test(text) && !GROUPED_IN_INDIA.test(text)) return null;
  return withoutLeadingZeros(text.replace(/\D/g, ""));
}

/** The last mark is the decimal one: it is there once, and whatever groups the digits before it is another. */
function readDecimal(text: string): string | null {
  const [, before = "", mark = "", fraction = ""] = /^(.*)([.,])(\d+)$/.exec(text) ?? [];
  if (mark === "" || before.includes(mark)) return null;
  const whole = before === "" ? "0" : readWhole(before);
  return whole === null ? null : `${whole}.${fraction}`;
}

function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}

function refuse(rule: "decimal" | "ambiguous", detail: string): NumberReading {
  return { kind: "refused", rule, detail };
}
