import { randomUUID } from "node:crypto";
import {
  type Agent,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";
import { passOn } from "./pass-on.ts";
import { endToEndHeaders, forWorkerd, fromWorkerd, RELAY_HEADER } from "./raw-headers.ts";
import type { Exchanges } from "./relay.ts";

/**
 * The methods that go through workerd as they are; any other as a POST that says what it is. So does a GET with a
 * body, which workerd would not send.
 */
const KNOWN = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Passes clients' requests on to the worker, and its responses back. */
export function relayToWorker(
  exchanges: Exchanges,
  worker: () => Promise<string>,
  agent: Agent,
): RequestListener {
  return function relay(request, response) {
    worker()
      .then((url) => exchange(exchanges, new URL(url), agent, request, response))
      .catch(() => refuse(response));
  };
}

function exchange(
  exchanges: Exchanges,
  worker: URL,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const id = randomUUID();
  const { method = "GET" } = request;
  const { "transfer-encoding": coding, "content-length": length } = request.headers;
  const isKnown = KNOWN.has(method) && !(method === "GET" && (coding !== undefined || Number(length) > 0));
  const headers = forWorkerd(endToEndHeaders(request.rawHeaders));
  headers.push(RELAY_HEADER, isKnown ? id : `${id} ${method}`);
  // A request whose body is of unknown length says so by its transfer coding (RFC 9112 §6.1).
  if (coding !== undefined) headers.push("Transfer-Encoding", "chunked");
  // Node would send an empty body in chunks, which a TRACE must not have (RFC 9110 §9.3.8).
  else if (length === undefined && method !== "GET" && method !== "HEAD") headers.push("Content-Length", "0");
  // HTTP/1.0 knows none (RFC 9112 §3.2), workerd wants one.
  if (request.headers.host === undefined) headers.push("Host", worker.host);
  const asked = httpRequest({
    agent,
    host: worker.hostname,
    port: worker.port,
    method: isKnown ? method : "POST",
    path: originForm(request.url ?? "/"),
    headers,
    setHost: false,
  });
  exchanges.set(id, response);
  response.on("close", () => {
    exchanges.delete(id);
    asked.destroy();
  });
  asked.on("response", (answer) => passOn(answer, response, fromWorkerd));
  asked.on("error", () => refuse(response));
  pipeline(request, asked, () => undefined);
}

function refuse(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(502, { "content-type": "text/plain" }).end("The cache cannot be reached.\n");
}

/** A request to a proxy may name its target in full (RFC 9112 §3.2.2). */
function originForm(target: string): string {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}
