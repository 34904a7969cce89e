import { cacheRequestOf, responseOf, sentHeaders, upstreamOf } from "./adapt.ts";
import { HttpCache } from "./cache.ts";
import type { Load } from "./exchange.ts";
import { proxy } from "./profile.ts";

/** The cache alone in front of one HTTP server: what `npm run cache-proxy` runs in workerd. */

type Bindings = {
  /** The server that requests go to. */
  readonly UPSTREAM: Fetcher;
  /** Its scheme and host; path and query are the client's. */
  readonly UPSTREAM_URL: string;
  readonly MAX_BYTES: number;
  readonly TIMEOUT_MS: number;
  /**
   * Whether requests come and go by `scripts/cache-proxy/relay.ts`, which tells of each in the relay
   * header: its id, and its method if workerd does not know it.
   */
  readonly RELAYED: boolean;
};

const RELAY = "gatehouse-relay";
const RELAY_FAILURE = "gatehouse-relay-failure";

class UpstreamTimeout extends Error {}
class UpstreamUnreachable extends Error {}

let cache: HttpCache | null = null;

/**
 * Asks the upstream. It is not bound to the client's signal, since others may share the answer; a
 * streamed answer ends with its reader all the same.
 */
function loadFrom(request: Request, method: string, { UPSTREAM, UPSTREAM_URL, TIMEOUT_MS }: Bindings): Load {
  const { pathname, search } = new URL(request.url);
  return async function load(sent) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    try {
      const response = await UPSTREAM.fetch(UPSTREAM_URL + pathname + search, {
        method: sent.method === method ? request.method : sent.method,
        headers: sentHeaders(request, sent),
        body: sent.method === method ? request.body : null,
        redirect: "manual",
        encodeResponseBody: "manual",
        signal: timeout.signal,
      });
      if (response.headers.has(RELAY_FAILURE)) throw new UpstreamUnreachable();
      return upstreamOf(response);
    } catch (error) {
      throw timeout.signal.aborted ? new UpstreamTimeout() : error;
    } finally {
      clearTimeout(timer);
    }
  };
}

async function answer(request: Request, bindings: Bindings, context: ExecutionContext): Promise<Response> {
  const { MAX_BYTES: maxBytes, TIMEOUT_MS: patienceMs } = bindings;
  cache ??= new HttpCache({ maxBytes, patienceMs, profile: proxy, now: () => Date.now() });
  const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
  const asked = { ...cacheRequestOf(request), method: methodOf(request, bindings) };
  const load = loadFrom(request, asked.method, bindings);
  // A body on a GET would have to be part of the key (RFC 9110 §9.3.1 gives it no meaning).
  const reply =
    request.body === null ? await cache.answer(asked, load, waitUntil) : await cache.bypass(asked, load);
  return responseOf(reply);
}

function methodOf(request: Request, { RELAYED }: Bindings): string {
  const tunnelled = RELAYED ? request.headers.get(RELAY)?.split(" ")[1] : undefined;
  return tunnelled ?? request.method;
}

function failure(error: unknown): Response {
  const [status, text] =
    error instanceof UpstreamTimeout
      ? [504, "The upstream did not answer in time.\n"]
      : [502, "The upstream cannot be reached.\n"];
  // Without `Cache-Status`, which is not for what the cache makes up (RFC 9211 §2).
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return new Response(text, { status, headers });
}

export default {
  async fetch(request, bindings, context) {
    const { pathname, search } = new URL(request.url);
    // Switching protocols makes a connection of two ends; nothing of it is a response to keep.
    if (request.headers.has("upgrade")) {
      return bindings.UPSTREAM.fetch(bindings.UPSTREAM_URL + pathname + search, request);
    }
    try {
      return await answer(request, bindings, context);
    } catch (error) {
      return failure(error);
    }
  },
} satisfies ExportedHandler<Bindings>;
