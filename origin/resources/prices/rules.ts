import type { Violation } from "#shared/problems.ts";
import type { Price, PriceCreate, PricePatch } from "#shared/resources/price-schemas.ts";

/** What prices may be, and may become. Instants are compared as texts: all are written alike. */

export type PriceValues = Pick<Price, "listMinor" | "saleMinor" | "validFrom" | "validUntil">;

/** @param now where a price begins that does not say so */
export function valuesOf(create: PriceCreate, now: string): PriceValues {
  const { listMinor, saleMinor = null, validFrom = now, validUntil = null } = create;
  return { listMinor, saleMinor, validFrom, validUntil };
}

/** The rules that a price breaks which has not begun. @param place the pointer of the price in the body */
export function violationsOf(values: PriceValues, now: string, place = ""): Violation[] {
  const violations: Violation[] = [];
  const refuse = (field: string, rule: string, detail: string) =>
    violations.push({ in: "body", pointer: `${place}/${field}`, rule, detail });
  const { listMinor, saleMinor, validFrom, validUntil } = values;
  if (saleMinor !== null && saleMinor > listMinor)
    refuse("saleMinor", "maximum", `must not be above the list price, ${listMinor}`);
  if (validFrom < now)
    refuse("validFrom", "past", "must not be in the past: what was charged stays on record");
  if (validUntil !== null && validUntil <= validFrom)
    refuse("validUntil", "after", "must be after validFrom");
  return violations;
}

/** What a change comes to: the values to store, rules it breaks, or why this price takes none of its kind. */
export type Revision =
  | { readonly kind: "values"; readonly values: PriceValues }
  | { readonly kind: "violations"; readonly violations: readonly Violation[] }
  | { readonly kind: "conflict"; readonly detail: string };

/** Applies a merge patch to a price (RFC 7396; no member is an object). */
export function revise(current: PriceValues, patch: PricePatch, now: string): Revision {
  const { listMinor, saleMinor, validFrom, validUntil } = { ...current, ...patch };
  const values = { listMinor, saleMinor, validFrom, validUntil };
  if (hasEnded(current, now)) return { kind: "conflict", detail: "the price has ended" };
  if (current.validFrom > now) {
    const violations = violationsOf(values, now);
    return violations.length > 0 ? { kind: "violations", violations } : { kind: "values", values };
  }
  const fixed = Object.keys(patch).find((field) => field !== "validUntil");
  if (fixed !== undefined)
    return { kind: "conflict", detail: `the price has begun: ${fixed} cannot be changed` };
  if (validUntil === null || validUntil >= now) return { kind: "values", values };
  const detail = "must not be in the past: what was charged stays on record";
  return { kind: "violations", violations: [{ in: "body", pointer: "/validUntil", rule: "past", detail }] };
}

/** The end of a price that is withdrawn: now, or before it begins. Null: it has ended already. */
export function withdrawnAt(current: PriceValues, now: string): string | null {
  if (hasEnded(current, now)) return null;
  return current.validFrom > now ? current.validFrom : now;
}

/** Whether it holds at no instant from now on. */
function hasEnded({ validFrom, validUntil }: PriceValues, now: string): boolean {
  return validUntil !== null && (validUntil <= now || validUntil === validFrom);
}
