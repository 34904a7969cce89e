import { endOfString } from "./repeated-members.ts";

/** So that most texts need no second look: a digit, and what begins a fraction or an exponent. */
const POINT_OR_EXPONENT = /\d[.eE]/;
const NUMBER = /\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?/g;

/**
 * The first number in JSON text that is read as a whole one and is none: of `4503599627370497.3` a double keeps no
 * fraction (RFC 8259 §6), of `1e-400` nothing. An amount is never rounded.
 * @param text well-formed JSON
 * @returns null when there is none
 */
export function inexactNumber(text: string): string | null {
  if (!POINT_OR_EXPONENT.test(text)) return null;
  for (let after = 0; ; ) {
    const open = text.indexOf('"', after);
    const outside = open === -1 ? text.slice(after) : text.slice(after, open);
    for (const [number, fraction, exponent] of outside.matchAll(NUMBER)) {
      if (Number.isInteger(Number(number)) && !isWhole(number, fraction, exponent)) return number;
    }
    if (open === -1) return null;
    after = endOfString(text, open);
  }
}

/** In decimal: whether any digit but 0 is left behind the point once the exponent has moved it. */
function isWhole(number: string, fraction = "", exponent = "0"): boolean {
  const [digits = ""] = number.replace(".", "").split(/[eE]/);
  const significant = digits.replace(/0+$/, "");
  return significant === "" || digits.length - significant.length + Number(exponent) >= fraction.length;
}
