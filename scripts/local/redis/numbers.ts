import { RedisError } from "./reply.ts";

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Reads a 64-bit integer as Redis spells it: no sign but `-`, no leading zeros, no spaces. */
export function parseInteger(text: string): bigint {
  const value = INTEGER.test(text) ? BigInt(text) : null;
  if (value === null || !inRange(value)) throw new RedisError("ERR value is not an integer or out of range");
  return value;
}

/** A sum that must stay in 64 bits. */
export function add(a: bigint, b: bigint): bigint {
  const sum = a + b;
  if (!inRange(sum)) throw new RedisError("ERR increment or decrement would overflow");
  return sum;
}

function inRange(value: bigint): boolean {
  return value >= MIN && value <= MAX;
}

/** As C's `%.17g`, which is how a Lua number becomes an argument of a command. */
export function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const exponent = Number(value.toExponential(16).split("e")[1]);
  if (exponent >= -4 && exponent < 17) return trimZeros(value.toFixed(Math.max(0, 16 - exponent)));
  const [mantissa = "", power = ""] = value.toExponential(16).split("e");
  const digits = power.replace(/^[+-]/, "").padStart(2, "0");
  return `${trimZeros(mantissa)}e${power.startsWith("-") ? "-" : "+"}${digits}`;
}

function trimZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
