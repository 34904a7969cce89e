import type { Directives } from "./directives.ts";

/**
 * Reads a targeted cache-control field, a Structured Fields dictionary (RFC 9213 §2.1, RFC 9651
 * §4.2.2), as cache directives.
 * @returns null when it is empty or is no such dictionary: the field must then be ignored
 */
export function parseTargeted(value: string): Directives | null {
  const directives = new Map<string, string[]>();
  const rest = new Scanner(value.trim());
  if (rest.ended) return null;
  for (;;) {
    const key = rest.take(KEY);
    if (key === null) return null;
    const member = rest.skip("=") ? takeMember(rest) : "";
    if (member === null || !takeParameters(rest)) return null;
    if (member !== false) directives.set(key, [member]);
    else directives.delete(key);
    rest.take(/[ \t]*/y);
    if (rest.ended) break;
    if (!rest.skip(",")) return null;
    rest.take(/[ \t]*/y);
    if (rest.ended) return null;
  }
  return hasSoundTypes(directives) ? directives : null;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const STRING = /"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
const DATE = /@-?\d{1,15}/y;
const BOOLEAN = /\?[01]/y;

/** Directives whose value is a number of seconds; as any other type they make no sense. */
const SECONDS = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];

function hasSoundTypes(directives: Directives): boolean {
  return SECONDS.every((name) => directives.get(name)?.every((value) => /^-?\d+$/.test(value)) ?? true);
}

/** @returns the value as a directive's argument, false for `?0`, null when it is malformed */
function takeMember(rest: Scanner): string | false | null {
  if (!rest.skip("(")) return takeItem(rest);
  const items: string[] = [];
  for (;;) {
    rest.take(/ */y);
    if (rest.skip(")")) return items.join(",");
    const item = takeItem(rest);
    if (item === null || !takeParameters(rest)) return null;
    items.push(String(item));
  }
}

function takeItem(rest: Scanner): string | false | null {
  const flag = rest.take(BOOLEAN);
  if (flag !== null) return flag === "?1" ? "" : false;
  const text = rest.take(STRING);
  // Kept apart from a number: `max-age="1"` is a string, which is not what max-age takes.
  if (text !== null) return `"${text.slice(1, -1).replace(/\\(.)/g, "$1")}"`;
  return rest.take(NUMBER) ?? rest.take(TOKEN) ?? rest.take(BYTES) ?? rest.take(DATE);
}

function takeParameters(rest: Scanner): boolean {
  while (rest.skip(";")) {
    rest.take(/ */y);
    if (rest.take(KEY) === null) return false;
    if (rest.skip("=") && takeItem(rest) === null) return false;
  }
  return true;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Takes what a sticky pattern matches here. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}
