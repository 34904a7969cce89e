import { pointerTo } from "./coerce.ts";
import { headers as names } from "./headers.ts";
import type { IdempotencyPolicy } from "./policy.ts";
import { Problem } from "./problems.ts";

// draft-ietf-httpapi-idempotency-key-header-07 §2.1: an sf-string (RFC 8941 §3.3.3). Many clients
// send it without the quotation marks, which is taken as well.
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const MAX_LENGTH = 255;

/**
 * Reads the key of a request, where the route honours one.
 * @returns null when there is none
 * @throws Problem `invalid-request` when it is malformed, or missing though required (draft §2.7)
 */
export function readIdempotencyKey(policy: IdempotencyPolicy, header: unknown): string | null {
  if (policy.kind !== "key") return null;
  if (typeof header !== "string") {
    if (policy.required) refuse("required", "is required for this route");
    return null;
  }
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, "$1");
  const key = quoted ?? (BARE.test(header) ? header : "");
  if (key === "" || key.length > MAX_LENGTH) {
    refuse("format", `must be a quoted string of 1 to ${MAX_LENGTH} printable ASCII characters`);
  }
  return key;
}

function refuse(rule: string, detail: string): never {
  throw new Problem("invalid-request", {
    errors: [{ in: "header", pointer: pointerTo(names.idempotencyKey), rule, detail }],
  });
}
