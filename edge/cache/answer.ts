import { headers as names } from "#shared/headers.ts";
import { PROBLEM_MEDIA_TYPE } from "#shared/problems.ts";

/** An answer of the origin as plain data, so that requests can share it. */
export type Answer = {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ArrayBuffer;
};

/** What of the origin's headers a client may see. Anything else ends at the edge. */
const PASSED_ON = [
  "content-type",
  "content-language",
  "etag",
  "last-modified",
  "location",
  "retry-after",
  "allow",
  "link",
  "deprecation",
  "sunset",
  "www-authenticate",
  names.idempotencyReplayed,
];

/** What the edge itself needs of an answer that is to be stored. */
const STORED = [...PASSED_ON, names.freshFor];

export function passedOn(headers: Headers): Record<string, string> {
  return pick(headers, PASSED_ON);
}

/** The same, and what says how long the answer may be kept. */
export function toStore(headers: Headers): Record<string, string> {
  return pick(headers, STORED);
}

function pick(headers: Headers, wanted: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of wanted) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}

export function isProblem(headers: Readonly<Record<string, string>>): boolean {
  return headers["content-type"]?.startsWith(PROBLEM_MEDIA_TYPE) ?? false;
}
