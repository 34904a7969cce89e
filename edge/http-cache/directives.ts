/** Cache directives by name in lower case; each with its arguments in order, "" for none. */
export type Directives = ReadonlyMap<string, readonly string[]>;

/** Larger values mean "for ever" (RFC 9111 §1.2.2). */
export const MAX_DELTA_SECONDS = 2 ** 31;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const DIRECTIVE = new RegExp(`^(${TOKEN})(?:=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?$`);

/** Reads `Cache-Control` (RFC 9111 §5.2). What is not a directive is left out; its neighbours stay. */
export function parseDirectives(value: string): Directives {
  const directives = new Map<string, string[]>();
  for (const item of splitOutsideQuotes(value)) {
    const match = DIRECTIVE.exec(item);
    if (match === null) {
      // `max-age=` or `max-age='1'x`: present but unreadable is invalid freshness, not absent (§4.2.1).
      const name = /^[a-z-]+(?==)/i.exec(item)?.[0];
      if (name !== undefined) append(directives, name, INVALID);
      for (const forbidding of item.toLowerCase().match(FORBIDDING) ?? []) append(directives, forbidding, "");
      continue;
    }
    const [, name = "", token, quoted] = match;
    append(directives, name, token ?? quoted?.replace(/\\(.)/g, "$1") ?? "");
  }
  return directives;
}

/**
 * Seconds of a directive that takes them. Invalid or contradictory freshness counts as none: §4.2.1
 * encourages to consider such a response stale.
 * @returns null when the directive is absent
 */
export function deltaSeconds(directives: Directives, name: string): number | null {
  const values = directives.get(name);
  if (values === undefined) return null;
  const [first = INVALID] = values;
  if (!/^\d+$/.test(first) || values.some((value) => value !== first)) return 0;
  return Math.min(Number(first), MAX_DELTA_SECONDS);
}

/** A value that no directive accepts. */
const INVALID = "?";

/**
 * Directives that forbid: where a member cannot be read (`max-age=60; no-store`), they count all the same,
 * since to obey too many costs a question to the origin, and to obey too few shows what must not be shown.
 */
const FORBIDDING = /(?<![\w-])(?:no-store|no-cache|private|must-revalidate|proxy-revalidate)(?![\w-])/g;

function append(directives: Map<string, string[]>, name: string, value: string): void {
  const key = name.toLowerCase();
  const values = directives.get(key);
  if (values === undefined) directives.set(key, [value]);
  else values.push(value);
}

function splitOutsideQuotes(value: string): string[] {
  if (!value.includes('"')) return value.split(",").map((item) => item.trim());
  const items: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (quoted && char === "\\") i++;
    else if (char === '"') quoted = !quoted;
    else if (char === "," && !quoted) {
      items.push(value.slice(start, i).trim());
      start = i + 1;
    }
  }
  const rest = value.slice(start);
  // A quote that nothing closes begins no string, and must not swallow the directives behind it.
  for (const item of quoted ? rest.split(",") : [rest]) items.push(item.trim());
  return items;
}
