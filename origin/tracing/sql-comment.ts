/**
 * A comment that tells whoever looks at a statement (pg_stat_activity, the log of slow ones) which request it
 * belongs to (https://google.github.io/sqlcommenter/spec/). It can hold no quote, no asterisk and no slash:
 * whatever a value is, it cannot end the comment.
 */
export function sqlComment(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${encoded(key)}='${encoded(value)}'`);
  return `/*${pairs.sort().join(",")}*/`;
}

/** `encodeURIComponent` leaves these as they are. */
const LEFT = /[!'()*]/g;

function encoded(text: string): string {
  // Half of a surrogate pair, which cannot be encoded, says nothing anyway.
  const wellFormed = text.replace(/[\ud800-\udfff]/gu, "");
  return encodeURIComponent(wellFormed).replace(LEFT, (char) => `%${char.charCodeAt(0).toString(16)}`);
}
