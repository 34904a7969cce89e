import type { AnyCall, Client, StreamBody } from "./client-types.ts";
import { canonicalQuery } from "./coerce.ts";
import { type GatehouseContract, contract as gatehouse } from "./contract.ts";
import { headers as names } from "./headers.ts";
import { PROBLEM_MEDIA_TYPE, type ProblemDocument } from "./problems.ts";
import { type BodyContract, type Contract, mediaTypeOf, NDJSON_MEDIA_TYPE, type Route } from "./route.ts";

export type { AnswerOf, CallOf, Client, StreamBody } from "./client-types.ts";

export type ClientOptions = {
  /** Where the API is: `https://api.example.com`. */
  readonly baseUrl: string;
  /** A bearer token, or what yields a valid one; asked for each call that needs one. */
  readonly token?: string | (() => string | Promise<string>);
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

/** Any answer that the route does not declare: a problem, or what something in between answered. */
export class ProblemError extends Error {
  readonly status: number;
  /** Null when the answer was not a problem document, as from a proxy. */
  readonly document: ProblemDocument | null;
  readonly headers: Headers;
  /** Null when the answer does not say. */
  readonly retryAfterSeconds: number | null;

  constructor({ status, headers }: Response, document: ProblemDocument | null) {
    super(document?.detail ?? document?.title ?? `unexpected answer with status ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.document = document;
    this.headers = headers;
    const wait = headers.get("retry-after") ?? "";
    this.retryAfterSeconds = /^\d+$/.test(wait) ? Number(wait) : null;
  }
}

/** A client of the whole API, or of another `contract`: one method per operation id. */
export function createClient(options: ClientOptions): Client<GatehouseContract>;
export function createClient<const C extends Contract>(
  options: ClientOptions & { readonly contract: C },
): Client<C>;
export function createClient({ contract = gatehouse, ...options }: ClientOptions & { contract?: Contract }) {
  const send = options.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
  const ownWrites = rememberWrites();
  const operations = Object.entries(contract).map(([operationId, route]) => {
    const operation = async (call: AnyCall = {}) => {
      const init = await initOf(route, call, options, ownWrites.token());
      const response = await send(urlOf(route, call, options.baseUrl), init);
      ownWrites.note(response.headers.get(names.consistency));
      return readAnswer(route, response);
    };
    return [operationId, Object.assign(operation, { deprecation: route.deprecation })];
  });
  return Object.fromEntries(operations);
}

/** Longer than any edge can lag behind a write; the edge ignores older tokens too. */
const CONSISTENCY_MS = 600_000;

/** Sends back the token of the last write, so that this client never reads older data than it wrote. */
function rememberWrites() {
  let last = { token: "", at: Number.NEGATIVE_INFINITY };
  return {
    note(token: string | null): void {
      if (token !== null) last = { token, at: Date.now() };
    },
    token: () => (Date.now() - last.at < CONSISTENCY_MS ? last.token : null),
  };
}

function urlOf(route: Route, { params = {}, query = {} }: AnyCall, baseUrl: string): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = canonicalQuery(route.request.query, query);
  return `${baseUrl.replace(/\/$/, "")}${path}${search && `?${search}`}`;
}

async function initOf(
  route: Route,
  call: AnyCall,
  { token }: ClientOptions,
  consistency: string | null,
): Promise<RequestInit> {
  const headers = new Headers();
  if (consistency !== null && route.cache.kind === "shared" && route.access.kind === "token") {
    headers.set(names.consistency, consistency);
  }
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value !== undefined) headers.set(name, String(value));
  }
  if (call.idempotencyKey !== undefined) headers.set(names.idempotencyKey, sfString(call.idempotencyKey));
  if (route.access.kind === "token" && token !== undefined) {
    headers.set("authorization", `Bearer ${typeof token === "string" ? token : await token()}`);
  }
  const { body } = route.request;
  if (body.kind !== "none") headers.set("content-type", mediaTypeOf(body));
  // Node and Chromium take a stream as body only with this member, which their types lack.
  const streaming: { duplex?: "half" } = body.kind === "ndjson" ? { duplex: "half" } : {};
  return {
    method: route.method,
    headers,
    body: bodyOf(body, call.body),
    signal: call.signal ?? null,
    ...streaming,
  };
}

/** A structured field string (RFC 9651 §3.3.3). */
function sfString(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function bodyOf({ kind }: BodyContract, body: unknown) {
  switch (kind) {
    case "none":
      return null;
    case "json":
      return JSON.stringify(body);
    case "form":
      return new URLSearchParams(body as Record<string, string>);
    case "ndjson":
      return streamOf(body as StreamBody);
  }
}

function streamOf(body: StreamBody) {
  if (typeof body === "string" || body instanceof Uint8Array)
    return new Blob([body as Uint8Array<ArrayBuffer>]);
  return body instanceof ReadableStream ? body : iterated(body);
}

// ReadableStream.from is not in every browser yet.
function iterated(chunks: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) return controller.close();
      controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function readAnswer(route: Route, response: Response) {
  const { status, headers } = response;
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim();
  const declared = route.responses[status];
  if (declared?.line !== undefined && mediaType === NDJSON_MEDIA_TYPE) {
    return { status, body: response.body, headers };
  }
  if (declared?.schema === null && declared.line === undefined) return { status, body: undefined, headers };
  if (declared?.schema != null && mediaType === "application/json") {
    return { status, body: await response.json(), headers };
  }
  if (mediaType === PROBLEM_MEDIA_TYPE)
    throw new ProblemError(response, (await response.json()) as ProblemDocument);
  await response.body?.cancel();
  throw new ProblemError(response, null);
}
