import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { headers as names, REQUEST_ID_PATTERN } from "#shared/headers.ts";

/** W3C Trace Context §3.2.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The caller's request id when it is well-formed, otherwise a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  return wellFormed(headers[names.requestId]) ?? randomUUID();
}

/**
 * The ids that each log line of a request has. Lines get them one by one: a child logger for every request
 * would cost more than the one line that most of them write. The edge always names a trace.
 */
export function logIdsOf({ id, headers }: Pick<FastifyRequest, "id" | "headers">): object {
  const traceparent = headers[names.traceparent];
  const traceId = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return { request_id: id, trace_id: traceId ?? null };
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
