import { holdsIfRange, isNotModified } from "./conditional.ts";
import { ageSeconds, type Entry, stalenessSeconds } from "./entry.ts";
import type { Body, Upstream } from "./exchange.ts";
import { endToEnd, type Field, type Fields, withoutFields } from "./fields.ts";
import type { Profile } from "./profile.ts";
import { rangeOf } from "./range.ts";
import type { CacheRequest } from "./request.ts";
import { cacheStatusOf, type ForwardReason, type How } from "./status.ts";

/** An answer to a client, as plain data but for a body that is only passed on. */
export type Reply = {
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  readonly body: Body;
  readonly how: How;
};

/** Of the representation, and of no use without it (RFC 9110 §15.4.5). */
const LEFT_OUT_OF_304 = new Set(["content-encoding", "content-language", "content-range", "content-type"]);

/** How a stored response was come by; its age and time to live follow from the entry. */
export type Provenance = Pick<How, "word" | "forward" | "forwardStatus" | "stored" | "collapsed">;

/** Found in the store, and nobody was asked. */
export const FOUND: Provenance = {
  word: "HIT",
  forward: null,
  forwardStatus: null,
  stored: false,
  collapsed: false,
};

/**
 * Answers from a stored response: the whole of it, a part, its head, or "not modified" (RFC 9111 §4,
 * §4.3.2; RFC 9110 §14).
 * @param now milliseconds since the epoch
 */
export function replyFrom(
  entry: Entry,
  request: CacheRequest,
  provenance: Provenance,
  profile: Profile,
  now: number,
): Reply {
  const age = ageSeconds(entry, now);
  const how = { ...provenance, ageSeconds: age, ttlSeconds: -stalenessSeconds(entry, now) };
  const { status, reason, body } = entry;
  const own: Field[] = ownFields(how, profile);
  // An age tells of reuse (RFC 9111 §4, §5.1): what the origin gave to this very request shows only its own.
  const isReused = how.collapsed || !(how.word === "MISS" || how.word === "EXPIRED");
  if (isReused || age >= 1) own.unshift(ageField(age));
  const { header } = request;
  if (isNotModified(entry, header, now)) {
    const fields = [...withoutFields(entry.fields, LEFT_OUT_OF_304), ...own];
    return { status: 304, reason: "Not Modified", fields, body: null, how };
  }
  if (request.method === "HEAD") {
    const length = hasContent(status) ? [lengthField(body)] : [];
    const fields = [...entry.fields, ...length, ...own];
    return { status, reason, fields, body: null, how };
  }
  const range = status === 200 ? header("range") : null;
  if (range !== null && holdsIfRange(entry, header("if-range"), now)) {
    const part = partOf(entry, range, own, how);
    if (part !== null) return part;
  }
  return { status, reason, fields: [...entry.fields, ...own], body: hasContent(status) ? body : null, how };
}

/** Answers with what the origin said, less what concerned this connection or this cache only. */
export function passedOn(
  upstream: Upstream,
  method: string,
  profile: Profile,
  provenance: Provenance,
): Reply {
  const how = { ...provenance, ageSeconds: null, ttlSeconds: null };
  const left = new Set([...profile.consumed, "cf-cache-status"]);
  const { status, reason } = upstream;
  const body = method === "HEAD" || !hasContent(status) ? null : upstream.body;
  const fields = [...withoutFields(endToEnd(upstream.fields), left), ...ownFields(how, profile)];
  return { status, reason, fields, body, how };
}

/**
 * What `only-if-cached` gets when nothing is (RFC 9111 §5.2.1.7). Without `Cache-Status`, since it is based on no
 * response at all (RFC 9211 §2).
 */
export function notCached(forward: ForwardReason | null): Reply {
  const how = { ...FOUND, word: "MISS", forward, ageSeconds: null, ttlSeconds: null } as const;
  return { status: 504, reason: "Gateway Timeout", fields: [["cf-cache-status", how.word]], body: null, how };
}

function partOf({ fields, body }: Entry, range: string, own: readonly Field[], how: How): Reply | null {
  const wanted = rangeOf(range, body.byteLength);
  if (wanted === null) return null;
  if (wanted === "unsatisfiable") {
    const contentRange: Field = ["content-range", `bytes */${body.byteLength}`];
    const kept = withoutFields(fields, LEFT_OUT_OF_304);
    const status = { status: 416, reason: "Range Not Satisfiable" };
    return { ...status, fields: [...kept, contentRange, ...own], body: null, how };
  }
  const { first, last } = wanted;
  const contentRange: Field = ["content-range", `bytes ${first}-${last}/${body.byteLength}`];
  const part = body.slice(first, last + 1);
  return {
    status: 206,
    reason: "Partial Content",
    fields: [...fields, contentRange, ...own],
    body: part,
    how,
  };
}

/** After the origin's own `Cache-Status`: the member nearest to the client is the last (RFC 9211 §2). */
function ownFields(how: How, profile: Profile): Field[] {
  return [
    ["cache-status", cacheStatusOf(how, profile)],
    ["cf-cache-status", how.word],
  ];
}

function ageField(seconds: number): Field {
  return ["age", String(Math.floor(seconds))];
}

function lengthField(body: ArrayBuffer): Field {
  return ["content-length", String(body.byteLength)];
}

function hasContent(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}
