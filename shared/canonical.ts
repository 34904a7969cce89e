/** The canonical spelling of a request target, so that one resource has one URL (and one cache entry). */

/** The longest request target that is looked at, in bytes. */
export const MAX_TARGET_BYTES = 4096;

// Segments of unreserved characters, sub-delims, ":" and "@" (RFC 3986 §3.3) only. Empty segments,
// a trailing slash, dot segments, backslashes and percent-encoding all fall outside.
const CANONICAL_PATH = /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+)$/;

/**
 * Whether a raw path, as the client sent it, is in canonical form. No path of the contract needs
 * percent-encoding, so any is refused rather than decoded: what is not decoded cannot be decoded
 * differently by the next one in the chain.
 */
export function isCanonicalPath(path: string): boolean {
  return CANONICAL_PATH.test(path);
}

/** Encodes one query name or value: unreserved characters stay (RFC 3986 §2.3), all else is %XX. */
export function encodeQueryComponent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
