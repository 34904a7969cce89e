import { type Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest, type Agent as SecureAgent } from "node:https";
import { pipeline } from "node:stream";
import { passOn } from "./pass-on.ts";
import {
  endToEndHeaders,
  forWorkerd,
  fromWorkerd,
  RELAY_FAILURE_HEADER,
  RELAY_HEADER,
  withoutHeaders,
} from "./raw-headers.ts";
import type { Exchanges } from "./relay.ts";

/** Passes the worker's requests on to the upstream, and its interim responses straight to the client. */
export function relayToUpstream(
  exchanges: Exchanges,
  upstream: URL,
  agent: Agent | SecureAgent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const relayed = request.headers[RELAY_HEADER];
  const [id = "", tunnelled] = typeof relayed === "string" ? relayed.split(" ") : [];
  const isBare = tunnelled === "TRACE" && request.headers["content-length"] === "0";
  const own = [RELAY_HEADER, "host", ...(isBare ? ["content-length"] : [])];
  const headers = withoutHeaders(fromWorkerd(endToEndHeaders(request.rawHeaders)), own);
  headers.push("Host", upstream.host);
  if (request.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  const send = upstream.protocol === "https:" ? httpsRequest : httpRequest;
  const asked = send(upstream, {
    agent,
    method: tunnelled ?? request.method ?? "GET",
    path: request.url ?? "/",
    headers,
    setHost: false,
  });
  asked.on("information", ({ statusCode, rawHeaders }) => {
    passInterim(exchanges.get(id), statusCode, rawHeaders);
  });
  let answered: IncomingMessage | null = null;
  asked.on("response", (answer) => {
    answered = answer;
    passOn(answer, response, forWorkerd);
  });
  asked.on("error", () => {
    // What comes after a complete message is not of it (RFC 9112 §6.3), so its faults are not either.
    if (answered?.complete !== true) refuse(response);
  });
  response.on("close", () => asked.destroy());
  pipeline(request, asked, () => undefined);
}

/** RFC 9110 §15.2: a proxy forwards interim responses; and only to the client that waits. */
function passInterim(
  client: ServerResponse | undefined,
  status: number,
  rawHeaders: readonly string[],
): void {
  if (client === undefined || client.headersSent) return;
  if (status === 102) client.writeProcessing();
  if (status !== 103) return;
  const hints: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    const value = rawHeaders[i + 1] ?? "";
    const former = hints[name];
    hints[name] = former === undefined ? value : [former, value].flat();
  }
  try {
    client.writeEarlyHints(hints);
  } catch {
    // Node takes only well-formed `Link`s for hints; a hint is nothing that a response depends on.
  }
}

/** Tells the worker that there is no answer. To break the connection would make workerd ask again. */
function refuse(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(502, { [RELAY_FAILURE_HEADER]: "unreachable" }).end();
}
