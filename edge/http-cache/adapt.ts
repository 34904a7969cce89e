import type { Load, Sent, Upstream } from "./exchange.ts";
import { endToEnd } from "./fields.ts";
import type { Reply } from "./reply.ts";
import type { CacheRequest } from "./request.ts";

/** Between the platform's objects and the cache's plain data. */

/**
 * Headers by which some frameworks take a request for another one. A response may depend on them
 * though no `Vary` says so, so requests that differ in them share nothing.
 * https://developers.cloudflare.com/workers/cache/cache-keys/#what-goes-into-the-cache-key
 */
const GUARDED = [
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-forwarded-host",
  "x-host",
  "x-forwarded-scheme",
  "x-original-url",
  "x-rewrite-url",
  "forwarded",
  "cloudflare-workers-version-key",
];

export type KeyOptions = {
  /** Who shares answers; everyone when left out. */
  readonly partition?: string;
  /** In place of path and query (`cf.cacheKey`); an empty one counts as none. */
  readonly cacheKey?: string;
  /** In place of the response's own `Cache-Control` (`cf.cacheControl`). */
  readonly cacheControl?: string;
};

export function cacheRequestOf(request: Request, options: KeyOptions = {}): CacheRequest {
  const { headers, method } = request;
  const { origin, pathname, search } = new URL(request.url);
  const path = pathname + search;
  const { partition = "", cacheKey, cacheControl } = options;
  return {
    method,
    partition,
    key: cacheKey || path,
    path,
    origin,
    header: (name) => headers.get(name),
    guard: guardOf(headers),
    ...(cacheControl === undefined ? {} : { cacheControl }),
  };
}

function guardOf(headers: Headers): string {
  let guard = "";
  for (const name of GUARDED) {
    const value = headers.get(name);
    const isUsual = name === "x-forwarded-scheme" && (value === "http" || value === "https");
    if (value !== null && !isUsual) guard += `${name}:${value}\n`;
  }
  return guard;
}

/** The headers to ask the origin with: the client's, less hop-by-hop ones, changed as the cache wants. */
export function sentHeaders(request: Request, { set, drop }: Sent): Headers {
  const headers = new Headers();
  for (const [name, value] of endToEnd([...request.headers])) headers.append(name, value);
  for (const name of drop) headers.delete(name);
  for (const [name, value] of set) headers.set(name, value);
  return headers;
}

/** Asks an entrypoint or a server that speaks `fetch`. */
export function loadBy(request: Request, send: (request: Request) => Promise<Response>): Load {
  return async function load(sent) {
    const { url, body, method } = request;
    const headers = sentHeaders(request, sent);
    const carries = sent.method === method && body !== null;
    return upstreamOf(
      await send(
        new Request(url, { method: sent.method, headers, redirect: "manual", ...(carries ? { body } : {}) }),
      ),
    );
  };
}

export function upstreamOf({ status, statusText, headers, body }: Response): Upstream {
  return { status, reason: statusText, fields: [...headers], body };
}

/** The stored bytes are as the origin encoded them, so they are sent as they are. */
export function responseOf({ status, reason, fields, body }: Reply): Response {
  const headers = fields.map(([name, value]): [string, string] => [name, value]);
  const init = { status, statusText: reason, headers, encodeBody: "manual" as const };
  return new Response(body, init);
}
