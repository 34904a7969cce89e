import { matchesETag } from "#shared/entity-tags.ts";
import type { Entry } from "./entry.ts";
import { type Field, type Fields, fieldValue, type Lookup } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";

/** Request headers that make a request conditional; a cache sends its own on revalidation. */
export const CONDITIONAL_HEADERS = ["if-none-match", "if-modified-since", "if-range"];

/**
 * What "not modified" can be said of: a 304 stands for a 200 (RFC 9110 §15.4.5), or for what a transforming
 * proxy made of it. Of a stored 404 it would mean that there is something now.
 */
const CONFIRMABLE = new Set([200, 203]);

/** The headers that ask the origin whether a stored response still holds (RFC 9111 §4.3.1). */
export function validatorsOf({ status, etag, lastModified }: Entry): Field[] {
  const validators: Field[] = [];
  if (!CONFIRMABLE.has(status)) return validators;
  if (etag !== null) validators.push(["if-none-match", etag]);
  if (lastModified !== null) validators.push(["if-modified-since", lastModified]);
  return validators;
}

/**
 * Whether the client has what a stored 200 holds (RFC 9111 §4.3.2): `If-None-Match` first, by weak
 * comparison, else `If-Modified-Since` (RFC 9110 §13.2.2).
 */
export function isNotModified(entry: Entry, header: Lookup, now: number): boolean {
  if (entry.status !== 200) return false;
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch !== null) return matchesETag(ifNoneMatch, entry.etag);
  const ifModifiedSince = header("if-modified-since");
  if (ifModifiedSince === null) return false;
  const since = parseHttpDate(ifModifiedSince, now);
  const changed = entry.lastModified ?? fieldValue(entry.fields, "date");
  const changedAt = changed === null ? null : parseHttpDate(changed, now);
  return since !== null && changedAt !== null && changedAt <= since;
}

/**
 * Whether a range may be cut from a stored response for a client that has part of it: by strong comparison
 * only, since the parts are put together (RFC 9110 §13.1.5).
 * @param now milliseconds since the epoch
 */
export function holdsIfRange(entry: Entry, ifRange: string | null, now: number): boolean {
  if (ifRange === null) return true;
  const wanted = ifRange.trim();
  if (wanted.startsWith('"')) return wanted === entry.etag;
  return wanted === entry.lastModified && isStrongDate(entry, now);
}

/** A second in which something changed twice has one date; one long before `Date` is over (RFC 9110 §8.8.2.2). */
const SETTLED_MS = 60_000;

function isStrongDate({ fields, lastModified }: Entry, now: number): boolean {
  const [made, changed] = [fieldValue(fields, "date"), lastModified].map((date) =>
    date === null ? null : parseHttpDate(date, now),
  );
  return made != null && changed != null && made - changed >= SETTLED_MS;
}

/**
 * Whether a 304 speaks of the response that was stored: one with a strong validator updates only
 * what has the same (RFC 9111 §4.3.4).
 */
export function isAbout(notModified: Fields, entry: Entry): boolean {
  if (!CONFIRMABLE.has(entry.status)) return false;
  const etag = fieldValue(notModified, "etag");
  if (etag === null || isWeak(etag)) return true;
  return entry.etag === null || isWeak(entry.etag) || etag === entry.etag;
}

/** Whether the header of a 200 to a HEAD is that of the stored response (RFC 9111 §4.3.5). */
export function describes(head: Fields, { status, etag, lastModified, body }: Entry): boolean {
  const length = fieldValue(head, "content-length");
  return (
    status === 200 &&
    fieldValue(head, "etag") === etag &&
    fieldValue(head, "last-modified") === lastModified &&
    (length === null || Number(length) === body.byteLength)
  );
}

function isWeak(etag: string): boolean {
  return etag.startsWith("W/");
}
