import Type, { type Static } from "typebox";

/**
 * The active currencies of ISO 4217 (list one) by the number of digits of their minor unit.
 * Funds codes and metals are left out: nothing is priced in them.
 */
const CODES_BY_EXPONENT = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
  2:
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF " +
    "CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL " +
    "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT " +
    "MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB " +
    "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH " +
    "USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
  3: "BHD IQD JOD KWD LYD OMR TND",
} as const;

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes.split(" ").map((code) => [code, Number(exponent)] as const),
  ),
);

/** ISO 4217 alphabetic code. */
export const Currency = Type.Enum([...EXPONENTS.keys()], {
  title: "Currency",
  description: "An ISO 4217 currency code",
});

/** An amount in the currency's minor unit: 1299 USD is $12.99, 1299 CLP is 1,299 pesos. */
export const Money = Type.Object(
  {
    amountMinor: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Currency,
  },
  { title: "Money", additionalProperties: false },
);
export type Money = Static<typeof Money>;

/** Digits of the minor unit. Undefined: not a currency of ISO 4217. */
export function currencyExponent(currency: string): number | undefined {
  return EXPONENTS.get(currency);
}

const DECIMAL = /^(0|[1-9]\d{0,15})(?:\.(\d{1,6}))?$/;

/**
 * Converts a plain decimal such as `"12.9"` to minor units, exactly. Null when the text is not a
 * plain decimal, has more digits than the currency (trailing zeros aside), or is too large to be
 * exact: an amount is never rounded.
 */
export function parseDecimal(text: string, currency: string): Money | null {
  const exponent = EXPONENTS.get(currency);
  const match = DECIMAL.exec(text);
  if (exponent === undefined || match === null) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > exponent) return null;
  const amountMinor = Number(`${match[1]}${fraction.padEnd(exponent, "0")}`);
  return Number.isSafeInteger(amountMinor) ? { amountMinor, currency } : null;
}

/** Writes an amount as the plain decimal that `parseDecimal` reads: with all digits of its currency. */
export function formatDecimal({ amountMinor, currency }: Money): string {
  const exponent = EXPONENTS.get(currency) ?? 0;
  const digits = String(amountMinor).padStart(exponent + 1, "0");
  const point = digits.length - exponent;
  return exponent === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}
