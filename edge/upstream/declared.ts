import { NDJSON_MEDIA_TYPE, type Route } from "#shared/route.ts";

/**
 * Whether an answer is one that the contract declares, by its status and media type: what a proxy in
 * between says with a 200 of its own must neither reach a client nor the cache.
 */
export function isDeclared({ responses }: Route, status: number, contentType: string | undefined): boolean {
  const declared = responses[status];
  if (declared === undefined) return false;
  const mediaType = contentType?.split(";")[0]?.trim().toLowerCase();
  if (declared.line !== undefined) return mediaType === NDJSON_MEDIA_TYPE;
  return declared.schema === null || mediaType === "application/json";
}
