import type { Route } from "#shared/route.ts";
import type { Question } from "./fill.ts";

/** Far below what a cache takes; longer ones would only fill it. */
const MAX_TAG_LENGTH = 256;

/**
 * What an operator can purge a stored answer by (docs/cache.md): its route, its tenant, its collection and
 * the item it shows, and the version of the Worker that stored it. Percent-encoding keeps each to printable ASCII without commas or spaces: others are
 * dropped by Workers Cache without a word.
 */
export function cacheTags(
  { path, cache }: Route,
  { operationId, partition, target }: Pick<Question, "operationId" | "partition" | "target">,
  version: string | null,
): string {
  const tags = [`route:${operationId}`];
  if (version !== null) tags.push(tagOf("version", version));
  if (partition.tenantId !== undefined) tags.push(tagOf("tenant", partition.tenantId));
  if (cache.kind === "shared" && cache.shows.kind !== "static") {
    const { collection } = cache.shows;
    tags.push(tagOf("collection", collection));
    const item = cache.shows.kind === "item" ? segmentOf(path, cache.shows.param, target) : undefined;
    if (item !== undefined) tags.push(tagOf("item", collection, item));
  }
  return tags.filter((tag) => tag.length <= MAX_TAG_LENGTH).join(",");
}

function tagOf(kind: string, ...names: readonly string[]): string {
  return [kind, ...names.map(encodeURIComponent)].join(":");
}

/** A path parameter's value as the target spells it, which is its only spelling. */
function segmentOf(pattern: string, param: string, target: string): string | undefined {
  const [path = ""] = target.split("?");
  return path.split("/")[pattern.split("/").indexOf(`:${param}`)];
}
