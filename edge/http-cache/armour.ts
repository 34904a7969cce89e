import { type Fields, fieldValue } from "./fields.ts";

/**
 * Cache Deception Armor, as Workers Cache runs it on responses that are cached without having said
 * so: a page that answers under a static-looking URL (`/account/x.css`) is not stored.
 * https://developers.cloudflare.com/workers/cache/configuration/#cache-control-semantics
 */

/** The media types that an extension promises. */
const PROMISES: Readonly<Record<string, readonly string[]>> = {
  avif: ["image/avif"],
  bin: ["application/octet-stream"],
  css: ["text/css"],
  csv: ["text/csv"],
  doc: ["application/msword"],
  docx: ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  gif: ["image/gif"],
  gz: ["application/gzip"],
  htm: ["text/html"],
  html: ["text/html"],
  ico: ["image/x-icon", "image/vnd.microsoft.icon"],
  jpeg: ["image/jpeg"],
  jpg: ["image/jpeg"],
  js: ["text/javascript", "application/javascript"],
  json: ["application/json"],
  map: ["application/json"],
  mjs: ["text/javascript", "application/javascript"],
  mp3: ["audio/mpeg"],
  mp4: ["video/mp4"],
  pdf: ["application/pdf"],
  png: ["image/png"],
  svg: ["image/svg+xml"],
  txt: ["text/plain"],
  wasm: ["application/wasm"],
  webm: ["video/webm"],
  webp: ["image/webp"],
  woff: ["font/woff", "application/font-woff"],
  woff2: ["font/woff2"],
  xml: ["application/xml", "text/xml"],
  zip: ["application/zip"],
};

/** @param path path and query */
export function looksDeceptive(path: string, fields: Fields): boolean {
  const type = fieldValue(fields, "content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!type.startsWith("text/") && !type.startsWith("application/")) return false;
  const [pathname = ""] = path.split("?");
  const promised = PROMISES[/\.([a-z0-9]+)$/i.exec(pathname)?.[1]?.toLowerCase() ?? ""];
  return promised !== undefined && !promised.includes(type);
}
