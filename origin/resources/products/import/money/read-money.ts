import { currencyExponent, type Money, parseDecimal } from "#shared/money.ts";
import { currenciesOf } from "./marks.ts";
import { readNumber } from "./number.ts";

export type MoneyReading =
  | { readonly kind: "money"; readonly money: Money }
  | {
      readonly kind: "refused";
      readonly rule: "currency" | "required" | "decimal" | "ambiguous" | "precision";
      readonly detail: string;
    };

const SPACES = /[\u00a0\u2007\u2009\u202f]/g;
const APOSTROPHES = /[’ʼ´`]/g;
/** `12,-`: no cents. */
const NO_CENTS = /(?<=\d)[.,] ?[-–—]+/;

const MARK = "[\\p{L}\\p{Sc}]+";
const AMOUNT = new RegExp(
  `^(?<before>${MARK}(?: ?${MARK})?)?(?:(?<=\\p{L})(?:(?<point>\\.)(?=\\d)|\\.(?= )))? ?` +
    `(?<number>[\\d.,](?:[\\d.,' ]*\\d)?) ?(?<after>${MARK}(?: ?${MARK})?)?(?:(?<=\\p{L})\\.)?$`,
  "u",
);

/**
 * Converts an amount as real exports spell it to minor units: exactly, or not at all.
 * @param currency what the line says; undefined: the text itself has to name it
 */
export function readMoney(text: string, currency: string | undefined): MoneyReading {
  const tidy = text.replace(SPACES, " ").replace(APOSTROPHES, "'").trim().replace(NO_CENTS, "");
  const { before, point, number, after } = AMOUNT.exec(tidy)?.groups ?? {};
  if (number === undefined) return refuse("decimal", "is not an amount");
  const marks = [before, after].flatMap((mark) => mark?.split(" ") ?? []);
  // `Rs.50` is an abbreviation, and no code is one.
  if (point !== undefined && isCode(before))
    return refuse("ambiguous", `may be 0.${number} or ${number}: write a space or a 0 before the point`);
  const candidates = narrow(marks, currency);
  const [only, ...others] = candidates;
  if (only === undefined) {
    return marks.length === 0
      ? refuse("required", "is required with a price")
      : refuse("currency", `${marks.join(" ")} is not ${currency ?? "a currency"}`);
  }
  if (others.length > 0)
    return refuse("required", `${marks.join(" ")} may be ${only} or ${others.join(", ")}`);
  return convert(number, only);
}

/** Whether what stands before an amount ends in a code of ISO 4217. */
function isCode(before = ""): boolean {
  return currencyExponent(before.slice(-3).toUpperCase()) !== undefined;
}

/** What all marks and the line agree on. */
function narrow(marks: readonly string[], currency: string | undefined): readonly string[] {
  const sets = marks.map(currenciesOf);
  const [first = [], ...rest] = currency === undefined ? sets : [[currency], ...sets];
  return first.filter((candidate) => rest.every((set) => set.includes(candidate)));
}

function convert(number: string, currency: string): MoneyReading {
  const exponent = currencyExponent(currency) ?? 0;
  const reading = readNumber(number, exponent);
  if (reading.kind === "refused") return reading;
  const money = parseDecimal(reading.text, currency);
  if (money !== null) return { kind: "money", money };
  return refuse("precision", `${reading.text} is more than ${currency} can say exactly`);
}

function refuse(rule: Extract<MoneyReading, { kind: "refused" }>["rule"], detail: string): MoneyReading {
  return { kind: "refused", rule, detail };
}
