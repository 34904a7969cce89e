import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { headers as names, REQUEST_ID_PATTERN } from "#shared/headers.ts";

/** W3C Trace Context §3.2.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The caller's request id when it is well-formed, otherwise a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  return wellFormed(headers[names.requestId]) ?? randomUUID();
}

/** The logger of one request: each of its lines names the request and its trace. */
export function requestLogger(
  logger: FastifyBaseLogger,
  requestId: string,
  { headers }: Pick<IncomingMessage, "headers">,
): FastifyBaseLogger {
  const traceparent = headers[names.traceparent];
  const traceId = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return logger.child({ request_id: requestId, trace_id: traceId ?? randomUUID().replaceAll("-", "") });
}

function wellFormed(header: string | string[] | undefined): string | null {
  return typeof header === "string" && REQUEST_ID_PATTERN.test(header) ? header : null;
}

/** Puts ids on every answer, errors included. */
export const requestContext = plugin(async function requestContext(app: FastifyInstance) {
  app.addHook("onRequest", function identify(request, reply, done) {
    reply.header(names.requestId, request.id);
    reply.header(names.correlationId, wellFormed(request.headers[names.correlationId]) ?? request.id);
    done();
  });
});
