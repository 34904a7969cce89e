/**
 * Whether `If-None-Match` names an entity tag, by weak comparison (RFC 9110 §8.8.3.2, §13.1.2).
 * @param ifNoneMatch null: the request has no such condition
 * @param etag null: the answer has no tag
 */
export function matchesETag(ifNoneMatch: string | null, etag: string | null): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  if (etag === null) return false;
  const wanted = opaqueOf(etag);
  return entityTags(ifNoneMatch).some((candidate) => opaqueOf(candidate) === wanted);
}

function opaqueOf(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Entity tags may hold commas; anything unquoted is split at them. */
function entityTags(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? [];
}
