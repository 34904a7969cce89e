/**
 * Where the versions of a tenant's data are kept, as relay and edge agree on it.
 *
 * Each (tenant, collection) has one list version and 1,024 item versions, bucketed by a hash of the
 * id. They live in one Redis hash per tenant, so that an edge reads them in one command.
 */

export const ITEM_BUCKETS = 1024;

/** The Redis key of the watermark: every transaction id below it is contained in the versions. */
export const WATERMARK_KEY = "gatehouse:watermark";

/** The Redis key of the relay's last sign of life: milliseconds since the epoch by Redis's clock. */
export const BEAT_KEY = "gatehouse:beat";

/** A relay beats every 400 ms; after this long in silence it is taken for dead. */
export const MAX_BEAT_AGE_MS = 1_500;

/**
 * The Redis key of the era: the database and the start of its server that the versions are of, and a
 * name that begins with the second it began in. The relay begins a new one when it finds another's, or transaction ids that its own has
 * not reached: then Postgres was or may have been replaced or put back, and no number of before means
 * anything (docs/decisions/0008-births.md).
 */
export const ERA_KEY = "gatehouse:era";

/**
 * The field of a tenant's versions that names this set of them: the era and something random. Whoever
 * finds it missing, or of another era, sets it: versions that were lost begin anew, and every older
 * cache key is unreachable (docs/decisions/0008-births.md).
 */
export const BIRTH_FIELD = "birth";

/** How long a tenant's versions are kept without a write, in seconds. */
export const VERSIONS_TTL_SECONDS = 7 * 86_400;

/** The Redis key of a tenant's versions (a hash of field -> version). */
export function versionsKey(tenantId: string): string {
  return `gatehouse:versions:${tenantId}`;
}

/** The hash field that holds the version of a collection's lists. */
export function listField(collection: string): string {
  return `${collection}:list`;
}

/** The hash field that holds the version of the bucket an item falls in. */
export function itemField(collection: string, id: string): string {
  return `${collection}:${bucketOf(id)}`;
}

/** FNV-1a (32 bit) over the UTF-16 code units, folded to `ITEM_BUCKETS`: spread, not secrecy. */
export function bucketOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) {
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (ITEM_BUCKETS - 1);
}
