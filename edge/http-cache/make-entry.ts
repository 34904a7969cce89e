import { type Control, controlOf, dateOf } from "./control.ts";
import type { Entry } from "./entry.ts";
import { endToEnd, type Field, type Fields, fieldValue, withoutFields } from "./fields.ts";
import { birthOf, lifetimeSeconds, type Received } from "./freshness.ts";
import { formatHttpDate } from "./http-date.ts";
import type { Profile } from "./profile.ts";
import type { CacheRequest } from "./request.ts";
import { tagsOf } from "./tags.ts";
import { variantOf, varyNames } from "./vary.ts";

/** The body's length goes with the body, and an age only with the moment it is sent. */
const NOT_STORED = ["age", "cf-cache-status", "content-length"];
/** What says how the body is to be read: a 304 without that body does not change it (RFC 9111 §3.2). */
const OF_THE_BODY = new Set(["content-encoding", "content-length", "content-range", "content-type"]);
/** What an entry costs besides its body and text, measured in V8: objects, map slots, array. */
const OVERHEAD_BYTES = 700;
const BYTES_PER_CHARACTER = 2;
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
  const vary = varyNames(fieldValue(fields, "vary")) ?? [];
  const variant = variantOf(vary, request, profile.normalisesVary);
  const { key, path } = { key: keyOf(request), path: request.path };
  const tags = tagsOf(fieldValue(fields, "cache-tag"));
  return timed({ key, path, vary, variant, status, reason, tags, body }, received, control, profile);
}

/**
 * A stored response that the origin has validated: the 304's fields replace those of the same name,
 * and its age starts anew (RFC 9111 §3.2, §4.3.4).
 */
export function freshened(entry: Entry, request: CacheRequest, received: Received, profile: Profile): Entry {
  const updates = endToEnd(received.fields).filter(([name]) => !OF_THE_BODY.has(name));
  const replaced = new Set(updates.map(([name]) => name));
  const fields = [...withoutFields(entry.fields, replaced), ...updates];
  const control = controlOf(fields, profile, request.cacheControl ?? null, received.receivedAt);
  const tagged = fieldValue(updates, "cache-tag");
  const tags = tagged === null ? entry.tags : tagsOf(tagged);
  const vary = varyNames(fieldValue(fields, "vary")) ?? [];
  const variant = variantOf(vary, request, profile.normalisesVary);
  const content = { ...entry, tags, vary, variant };
  return timed(content, { ...received, status: entry.status, fields }, control, profile);
}

type Untimed = Omit<
  Entry,
  "fields" | "control" | "etag" | "lastModified" | "bornAt" | "freshUntil" | "bytes"
>;

function timed(content: Untimed, received: Received, control: Control, profile: Profile): Entry {
  const bornAt = birthOf(received);
  const fields = stored(received, control, profile);
  return {
    key: content.key,
    path: content.path,
    vary: content.vary,
    variant: content.variant,
    status: content.status,
    reason: content.reason,
    fields,
    body: content.body,
    tags: content.tags,
    control,
    etag: fieldValue(fields, "etag"),
    lastModified: fieldValue(fields, "last-modified"),
    bornAt,
    freshUntil: bornAt + lifetimeSeconds(received, control, profile) * 1000,
    bytes: bytesOf(content, fields),
  };
}

/** RFC 9111 §3.1, less what the cache consumes; a response without a date gets one (RFC 9110 §6.6.1). */
function stored({ fields, receivedAt }: Received, { withheld }: Control, profile: Profile): Fields {
  const left = new Set([...NOT_STORED, ...profile.consumed, ...withheld]);
  const kept: Field[] = withoutFields(endToEnd(fields), left);
  if (fieldValue(kept, "date") === null) kept.push(["date", formatHttpDate(dateOf([], receivedAt))]);
  return kept;
}

function bytesOf({ key, path, variant, tags, body }: Untimed, fields: Fields): number {
  let characters = key.length + path.length + variant.length;
  for (const tag of tags) characters += tag.length;
  for (const [name, value] of fields) characters += name.length + value.length;
  const text = characters * BYTES_PER_CHARACTER + fields.length * FIELD_OVERHEAD_BYTES;
  return OVERHEAD_BYTES + text + body.byteLength;
}
