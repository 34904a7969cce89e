import { looksDeceptive } from "./armour.ts";
import type { Control } from "./control.ts";
import { fieldValue } from "./fields.ts";
import { isHeuristicallyCacheable, lifetimeSeconds, type Received } from "./freshness.ts";
import type { Profile } from "./profile.ts";
import { type CacheRequest, demandsOf } from "./request.ts";
import { varyNames } from "./vary.ts";

/**
 * Whether to store a response, and if not, what Cloudflare calls it: `BYPASS` for one that forbids
 * it, `DYNAMIC` for one that nothing makes cacheable, `MISS` for one that could be another time.
 */
export type Storability = "store" | "BYPASS" | "DYNAMIC" | "MISS";

/** The final status codes whose caching rules this cache implements (RFC 9111 §5.2.2.3). */
const UNDERSTOOD = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
  408, 409, 410, 411, 413, 414, 415, 421, 422, 426, 500, 501, 502, 503, 504, 505,
]);

/**
 * What a precondition, a range or an expectation of one request failed with (RFC 9110 §15.5.13, .17, .18): no
 * answer to a request without it, whatever it says of its freshness.
 */
const ABOUT_ONE_REQUEST = new Set([412, 416, 417]);

/** RFC 9111 §3, in its order, then what a profile adds. */
export function storability(
  request: CacheRequest,
  received: Received,
  control: Control,
  profile: Profile,
): Storability {
  const { status, fields } = received;
  if (request.method !== "GET") return "BYPASS";
  if (isNeverStored(status, profile)) return "MISS";
  if (control.mustUnderstand ? !UNDERSTOOD.has(status) : control.noStore) return "BYPASS";
  if (control.isPrivate) return "BYPASS";
  if (request.header("authorization") !== null && !sharesAuthorised(control)) return "BYPASS";
  if (demandsOf(request.header, profile).noStore) return "BYPASS";
  if (varyNames(fieldValue(fields, "vary")) === null) return "BYPASS";
  if (setsCookie(received, control) && !profile.storesCookies) return "BYPASS";
  if (!isCacheable(status, control, profile)) return "DYNAMIC";
  // An event stream never ends, so it could never be complete (§3.3).
  if (fieldValue(fields, "content-type")?.startsWith("text/event-stream")) return "DYNAMIC";
  if (profile.armour && control.isSilent && looksDeceptive(request.path, fields)) return "BYPASS";
  return isOfUse(received, control, profile) ? "store" : "DYNAMIC";
}

function isNeverStored(status: number, { neverStored }: Profile): boolean {
  return status < 200 || status === 304 || ABOUT_ONE_REQUEST.has(status) || neverStored.has(status);
}

/** RFC 9111 §3.5. */
function sharesAuthorised(control: Control): boolean {
  return control.isPublic || control.mustRevalidate || control.hasSharedMaxAge;
}

function setsCookie({ fields }: Received, { withheld }: Control): boolean {
  return fieldValue(fields, "set-cookie") !== null && !withheld.includes("set-cookie");
}

/** The last item of RFC 9111 §3: one thing has to say that it may be stored. */
function isCacheable(status: number, control: Control, profile: Profile): boolean {
  if (control.isPublic || control.lifetimeSeconds !== null) return true;
  return isHeuristicallyCacheable(status, profile);
}

/** Whether storing it serves a purpose: it says how to be reused, or is fresh, or can be validated. */
function isOfUse(received: Received, control: Control, profile: Profile): boolean {
  if (control.lifetimeSeconds !== null || control.noCache) return true;
  if (lifetimeSeconds(received, control, profile) > 0) return true;
  const { fields } = received;
  return fieldValue(fields, "etag") !== null || fieldValue(fields, "last-modified") !== null;
}
