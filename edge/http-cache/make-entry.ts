import { type Control, controlOf } from "./control.ts";
import type { Entry } from "./entry.ts";
import { endToEnd, type Field, type Fields, fieldValue, withoutFields } from "./fields.ts";
import { birthOf, lifetimeSeconds, type Received } from "./freshness.ts";
import { formatHttpDate } from "./http-date.ts";
import type { Profile } from "./profile.ts";
import type { CacheRequest } from "./request.ts";
import { tagsOf } from "./tags.ts";
import { variantOf, varyNames } from "./vary.ts";

/** The body's length goes with the body, and an age only with the moment it is sent. */
const NOT_STORED = new Set(["age", "cf-cache-status", "content-length"]);
/**
 * What an entry costs besides its body and text (objects, map slots, arrays), measured in workerd, whose V8
 * has pointers of four bytes (`npm run bench:cache -- e`). Text of HTTP has no character beyond Latin-1.
 */
const OVERHEAD_BYTES = 600;
const BYTES_PER_CHARACTER = 1;
const FIELD_OVERHEAD_BYTES = 64;

/** The partition and what is asked for in it; neither can run into the other. */
export function keyOf({ partition, key }: Pick<CacheRequest, "partition" | "key">): string {
  return `${partition.length}:${partition}${key}`;
}

/** A stored response from one that was found storable. */
export function makeEntry(
  request: CacheRequest,
  received: Received & { readonly reason: string },
  control: Control,
  body: ArrayBuffer,
  profile: Profile,
): Entry {
  const { status, reason, fields } = received;
  const selected = selection(request, fields, profile);
  const content = { ...selected, key: keyOf(request), path: request.path, status, reason, body };
  return entryFrom(content, fields, birthOf(received), received, control, profile);
}

/**
 * A stored response that the origin has validated: the 304's fields replace those of the same name,
 * and its age starts anew (RFC 9111 §3.2, §4.3.4).
 */
export function freshened(entry: Entry, request: CacheRequest, received: Received, profile: Profile): Entry {
  const { receivedAt } = received;
  const updates = withoutFields(endToEnd(received.fields), NOT_STORED);
  if (fieldValue(updates, "date") === null) updates.push(["date", formatHttpDate(receivedAt)]);
  const replaced = new Set(updates.map(([name]) => name));
  const fields = [...withoutFields([...entry.fields, ...entry.consumed], replaced), ...updates];
  const control = controlOf(fields, profile, request.cacheControl ?? null, receivedAt);
  const { key, path, status, reason, body } = entry;
  const content = { ...selection(request, fields, profile), key, path, status, reason, body };
  const merged = { ...received, status, fields };
  return entryFrom(content, fields, birthOf(received), merged, control, profile);
}

type Content = Pick<Entry, "key" | "path" | "vary" | "variant" | "status" | "reason" | "body" | "tags">;

function selection(
  request: CacheRequest,
  fields: Fields,
  profile: Profile,
): Pick<Entry, "vary" | "variant" | "tags"> {
  const vary = varyNames(fieldValue(fields, "vary")) ?? [];
  const variant = variantOf(vary, request, profile.normalisesVary);
  return { vary, variant, tags: tagsOf(fieldValue(fields, "cache-tag")) };
}

function entryFrom(
  content: Content,
  received: Fields,
  bornAt: number,
  timed: Received,
  control: Control,
  profile: Profile,
): Entry {
  const fields = storedFields(received, timed.receivedAt, control, profile);
  const consumed = received.filter(([name]) => profile.consumed.includes(name));
  return {
    key: content.key,
    path: content.path,
    vary: content.vary,
    variant: content.variant,
    status: content.status,
    reason: content.reason,
    fields,
    consumed,
    body: content.body,
    tags: content.tags,
    control,
    etag: fieldValue(fields, "etag"),
    lastModified: fieldValue(fields, "last-modified"),
    bornAt,
    freshUntil: bornAt + lifetimeSeconds(timed, control, profile) * 1000,
    bytes: bytesOf(content, [...fields, ...consumed]),
  };
}

/** RFC 9111 §3.1, less what the cache consumes; a response without a date gets one (RFC 9110 §6.6.1). */
function storedFields(received: Fields, receivedAt: number, { withheld }: Control, profile: Profile): Fields {
  const left = new Set([...NOT_STORED, ...profile.consumed, ...withheld]);
  const kept: Field[] = withoutFields(endToEnd(received), left);
  if (fieldValue(kept, "date") === null) kept.push(["date", formatHttpDate(receivedAt)]);
  return kept;
}

function bytesOf({ key, path, variant, tags, body }: Content, fields: Fields): number {
  let characters = key.length + path.length + variant.length;
  for (const tag of tags) characters += tag.length;
  for (const [name, value] of fields) characters += name.length + value.length;
  const text = characters * BYTES_PER_CHARACTER + fields.length * FIELD_OVERHEAD_BYTES;
  return OVERHEAD_BYTES + text + body.byteLength;
}
