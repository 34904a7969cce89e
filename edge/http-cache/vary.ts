import { listItems } from "./fields.ts";
import type { Selecting } from "./request.ts";

/** List headers whose members' order carries no meaning of its own: weights do (RFC 9110 §12.5). */
const UNORDERED = new Set(["accept", "accept-charset", "accept-encoding", "accept-language"]);

/** Sets an absent header apart from every value: a field value holds no control characters. */
const ABSENT = "\u0000";

/**
 * The request headers that select the response (RFC 9111 §4.1), sorted, in lower case.
 * @returns null for `*`, which no request matches
 */
export function varyNames(vary: string | null): readonly string[] | null {
  const names = listItems(vary);
  return names.includes("*") ? null : [...new Set(names)].sort();
}

/**
 * What a request has for these headers, as one string; two requests select the same response if
 * theirs are equal.
 * @param normalises whether equal meanings count as equal (`Profile.normalisesVary`)
 */
export function variantOf(names: readonly string[], request: Selecting, normalises: boolean): string {
  let variant = request.guard ?? "";
  for (const name of names) {
    const value = request.header(name);
    variant += `${value === null ? ABSENT : normalises ? normalised(name, value) : value}\n`;
  }
  return variant;
}

function normalised(name: string, value: string): string {
  if (value.includes('"')) return value;
  const members = value.split(",").map((member) => member.trim());
  if (!UNORDERED.has(name)) return members.join(",");
  return members
    .map((member) => member.toLowerCase().replace(/\s*;\s*/g, ";"))
    .sort()
    .join(",");
}
