import type { Problem, ProblemCode } from "./problems.ts";

/** How a token endpoint answers a request that it refuses (RFC 6749 §5.2). */
export type TokenErrorBody = { readonly error: string; readonly error_description: string };

/** What is wrong with the request itself; 429 and 5xx are not among the errors of RFC 6749. */
const INVALID_REQUEST: ReadonlySet<ProblemCode> = new Set([
  "invalid-request",
  "malformed-body",
  "payload-too-large",
  "unsupported-media-type",
]);

/** The same refusal as a problem tells it, in the terms of RFC 6749. Null: that RFC has none for it. */
export function tokenErrorOf({ code, message, members }: Problem): TokenErrorBody | null {
  if (!INVALID_REQUEST.has(code)) return null;
  const places = members.errors?.map(({ pointer, detail }) => `${pointer.slice(1) || "request"} ${detail}`);
  return { error: "invalid_request", error_description: printable(places?.join("; ") ?? message) };
}

/** Leaves the characters that RFC 6749 §5.2 allows in a description. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, 500);
}
