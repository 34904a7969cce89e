import { type Fields, fieldValue } from "./fields.ts";
import { isSafe } from "./request.ts";

/**
 * What a response to an unsafe method makes invalid (RFC 9111 §4.4): its target, and what it points
 * to on the same origin. Nothing if it failed.
 * @param url the target, absolute
 * @returns paths with their queries
 */
export function invalidatedPaths(method: string, url: URL, status: number, fields: Fields): string[] {
  if (isSafe(method) || status < 200 || status >= 400) return [];
  const paths = new Set([url.pathname + url.search]);
  for (const name of ["location", "content-location"]) {
    const pointed = resolve(fieldValue(fields, name), url);
    if (pointed !== null && pointed.origin === url.origin) paths.add(pointed.pathname + pointed.search);
  }
  return [...paths];
}

function resolve(reference: string | null, base: URL): URL | null {
  return reference !== null && URL.canParse(reference, base.href) ? new URL(reference, base.href) : null;
}
