import type { Entry } from "./entry.ts";

/** What an operator names: everything, or any of these tags or path prefixes. */
export type PurgeOptions = {
  readonly tags?: readonly string[];
  readonly pathPrefixes?: readonly string[];
  readonly purgeEverything?: boolean;
};

/** As `ctx.cache.purge()` resolves. */
export type PurgeResult = {
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
};

export type Matcher = (entry: Pick<Entry, "tags" | "path" | "key">) => boolean;

/** https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits */
const MAX_OPERATIONS = 100;
const INVALID_OPTIONS = 1;

/** @returns which entries the options name, or why they name none */
export function matcherOf(options: PurgeOptions): Matcher | PurgeResult {
  const { tags = [], pathPrefixes = [], purgeEverything = false } = options;
  if (purgeEverything) {
    if (tags.length + pathPrefixes.length > 0) return refused("purgeEverything goes with nothing else");
    return () => true;
  }
  if (tags.length + pathPrefixes.length === 0) return refused("name tags, pathPrefixes or purgeEverything");
  if (tags.length + pathPrefixes.length > MAX_OPERATIONS) {
    return refused(`at most ${MAX_OPERATIONS} tags and prefixes a call`);
  }
  const notAPath = pathPrefixes.find((prefix) => /[?#]|:\/\//.test(prefix));
  if (notAPath !== undefined) return refused(`${JSON.stringify(notAPath)} is not the start of a path`);
  const wanted = new Set(tags.map((tag) => tag.toLowerCase()));
  const prefixes = pathPrefixes.map((prefix) => (prefix.startsWith("/") ? prefix : `/${prefix}`));
  return ({ tags: carried, path }) =>
    carried.some((tag) => wanted.has(tag)) || prefixes.some((prefix) => path.startsWith(prefix));
}

function refused(message: string): PurgeResult {
  return { success: false, errors: [{ code: INVALID_OPTIONS, message }] };
}
