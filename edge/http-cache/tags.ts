/** https://developers.cloudflare.com/workers/cache/configuration/#cache-tag */
const MAX_TAGS = 1_000;
const TAG = /^[\x21-\x7e]{1,1024}$/;

/** The tags of a `Cache-Tag` value; invalid ones are dropped, case does not count. */
export function tagsOf(value: string | null): readonly string[] {
  if (value === null) return [];
  const tags = value
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => TAG.test(tag))
    .map((tag) => tag.toLowerCase());
  return [...new Set(tags)].slice(0, MAX_TAGS);
}
