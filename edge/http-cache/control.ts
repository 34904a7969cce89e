import { type Directives, deltaSeconds, parseDirectives } from "./directives.ts";
import { type Fields, fieldValue, listItems } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Profile } from "./profile.ts";
import { parseTargeted } from "./structured-dictionary.ts";

/** What a response says about its caching. Seconds are null when it does not say. */
export type Control = {
  /** Whether it says anything at all: heuristics by table apply only if not. */
  readonly isSilent: boolean;
  readonly noStore: boolean;
  readonly mustUnderstand: boolean;
  readonly isPublic: boolean;
  /** `private` for the whole response; the form that names fields is in `withheld`. */
  readonly isPrivate: boolean;
  readonly noCache: boolean;
  /** Fields that must not be reused without validation, so are not stored (RFC 9111 §5.2.2.4, §5.2.2.7). */
  readonly withheld: readonly string[];
  /** `must-revalidate`, by which answers to authorised requests may be stored (RFC 9111 §3.5). */
  readonly mustRevalidate: boolean;
  /** Stale must not be served: `must-revalidate`, `proxy-revalidate` or `s-maxage` (§5.2.2.2, .8, .10). */
  readonly forbidsStale: boolean;
  readonly hasSharedMaxAge: boolean;
  /** The explicit lifetime (§4.2.1): `s-maxage`, `max-age`, or `Expires` less `Date`. */
  readonly lifetimeSeconds: number | null;
  readonly staleWhileRevalidateSeconds: number | null;
  readonly staleIfErrorSeconds: number | null;
};

const NOTHING: Directives = new Map();

/**
 * Reads the field that governs: the caller's override, else the first valid targeted field, else
 * `Cache-Control` and `Expires` (RFC 9213 §2.2).
 * @param override a trusted `Cache-Control` in place of the response's (`cf.cacheControl`)
 * @param receivedAt milliseconds since the epoch, the date of a response that has none
 */
export function controlOf(
  fields: Fields,
  profile: Profile,
  override: string | null,
  receivedAt: number,
): Control {
  const governing = override === null ? targetedOf(fields, profile) : parseDirectives(override);
  if (governing !== null) return read(governing, null, false);
  const cacheControl = fieldValue(fields, "cache-control");
  const expires = expiresSeconds(fields, receivedAt);
  const directives = cacheControl === null ? NOTHING : parseDirectives(cacheControl);
  return read(directives, expires, cacheControl === null && expires === null);
}

function targetedOf(fields: Fields, profile: Profile): Directives | null {
  for (const name of profile.targeted) {
    const value = fieldValue(fields, name);
    const directives = value === null ? null : parseTargeted(value);
    if (directives !== null) return directives;
  }
  return null;
}

/** `Expires` as seconds after `Date`; an invalid one, "0" above all, is in the past (RFC 9111 §5.3). */
function expiresSeconds(fields: Fields, receivedAt: number): number | null {
  const expires = fieldValue(fields, "expires");
  if (expires === null) return null;
  const time = parseHttpDate(expires, receivedAt);
  return time === null ? 0 : Math.max(0, (time - dateOf(fields, receivedAt)) / 1000);
}

/** When the response was made; the time of receipt if it has no valid `Date` (RFC 9110 §6.6.1). */
export function dateOf(fields: Fields, receivedAt: number): number {
  const date = fieldValue(fields, "date");
  return (date === null ? null : parseHttpDate(date, receivedAt)) ?? receivedAt;
}

function read(directives: Directives, expires: number | null, isSilent: boolean): Control {
  const sharedMaxAge = deltaSeconds(directives, "s-maxage");
  const mustRevalidate = directives.has("must-revalidate");
  return {
    isSilent,
    noStore: directives.has("no-store"),
    mustUnderstand: directives.has("must-understand"),
    isPublic: directives.has("public"),
    isPrivate: appliesToAll(directives, "private"),
    noCache: appliesToAll(directives, "no-cache"),
    withheld: [...namedFields(directives, "private"), ...namedFields(directives, "no-cache")],
    mustRevalidate,
    forbidsStale: mustRevalidate || directives.has("proxy-revalidate") || sharedMaxAge !== null,
    hasSharedMaxAge: sharedMaxAge !== null,
    lifetimeSeconds: sharedMaxAge ?? deltaSeconds(directives, "max-age") ?? expires,
    staleWhileRevalidateSeconds: deltaSeconds(directives, "stale-while-revalidate"),
    staleIfErrorSeconds: deltaSeconds(directives, "stale-if-error"),
  };
}

function appliesToAll(directives: Directives, name: string): boolean {
  return directives.get(name)?.some((value) => fieldNames(value).length === 0) ?? false;
}

function namedFields(directives: Directives, name: string): string[] {
  return (directives.get(name) ?? []).flatMap(fieldNames);
}

function fieldNames(value: string): string[] {
  return listItems(value.replaceAll('"', "")).filter((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name));
}
