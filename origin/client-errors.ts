import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionError } from "fastify";
import {
  PROBLEM_MEDIA_TYPE,
  type ProblemCode,
  problemDocument,
  problems as table,
} from "#shared/problems.ts";
import { securityHeaders } from "#shared/security-headers.ts";

type Call = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** What Node's parser could not make a request of: there is only the socket to answer on. */
export type ClientErrors = {
  /** To be told of every request. */
  readonly note: (request: IncomingMessage, response: ServerResponse) => void;
  readonly answer: (error: ConnectionError, socket: Socket) => void;
};

/** Answers them after the requests that came before, and each connection once: it ends with the answer. */
export function clientErrors(): ClientErrors {
  const last = new WeakMap<Socket, Call>();
  const refused = new WeakSet<Socket>();

  function answer(error: ConnectionError, socket: Socket): void {
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    // The parser fails at every further piece; and what follows the last request of a connection is nothing.
    if (refused.has(socket) || error.code === "HPE_CLOSED_CONNECTION") return;
    refused.add(socket);
    const call = last.get(socket);
    if (call === undefined) return refuse(error, socket);
    const { request, response } = call;
    if (request.complete) {
      if (response.writableFinished) return refuse(error, socket);
      response.once("finish", () => refuse(error, socket));
      return;
    }
    // It is the body of this request that cannot be read, and it may have been refused already.
    if (response.headersSent || response.socket === null) socket.destroySoon();
    else refuse(error, socket);
  }

  return { note: (request, response) => last.set(request.socket, { request, response }), answer };
}

function refuse(error: ConnectionError, socket: Socket): void {
  const code: ProblemCode = error.code === "HPE_HEADER_OVERFLOW" ? "headers-too-large" : "invalid-request";
  const requestId = randomUUID();
  const body = JSON.stringify(problemDocument(code, requestId));
  socket.end(
    [
      `HTTP/1.1 ${table[code].status} ${table[code].title}`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      "cache-control: no-store",
      `x-request-id: ${requestId}`,
      ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}
