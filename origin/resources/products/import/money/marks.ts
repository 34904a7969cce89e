import { currencyExponent } from "#shared/money.ts";

/** What stands beside amounts, and which currencies it may mean. Lower case, without a dot. */
const MARKS: Readonly<Record<string, string>> = {
  $:
    "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD " +
    "TTD TWD UYU XCD",
  us$: "USD",
  c$: "CAD NIO",
  ca$: "CAD",
  a$: "AUD",
  au$: "AUD",
  nz$: "NZD",
  hk$: "HKD",
  s$: "SGD",
  nt$: "TWD",
  mx$: "MXN",
  r$: "BRL",
  "€": "EUR",
  "£": "GBP EGP FKP GIP LBP SHP SSP SYP",
  "¥": "JPY CNY",
  "￥": "JPY CNY",
  円: "JPY",
  元: "CNY",
  "₹": "INR",
  rs: "INR LKR MUR NPR PKR SCR",
  "₩": "KRW KPW",
  "₽": "RUB",
  руб: "RUB",
  "₺": "TRY",
  tl: "TRY",
  "₴": "UAH",
  "₸": "KZT",
  zł: "PLN",
  kč: "CZK",
  ft: "HUF",
  lei: "RON MDL",
  kr: "DKK ISK NOK SEK",
  fr: "CHF",
  sfr: "CHF",
  "₫": "VND",
  "฿": "THB",
  "₪": "ILS",
  "₦": "NGN",
  "₱": "PHP CUP",
  "₲": "PYG",
  "₡": "CRC",
  rp: "IDR",
  rm: "MYR",
};

/** The currencies that a mark may mean: a code of ISO 4217, in either case, or a sign. None: it is no mark. */
export function currenciesOf(mark: string): readonly string[] {
  const code = mark.toUpperCase();
  if (currencyExponent(code) !== undefined) return [code];
  const name = mark.toLowerCase();
  return Object.hasOwn(MARKS, name) ? (MARKS[name]?.split(" ") ?? []) : [];
}
