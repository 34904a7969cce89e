import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { headers as names, REQUEST_ID_PATTERN } from "#shared/headers.ts";
import type { RequestLine } from "#shared/request-line.ts";
import { parseTraceparent } from "#shared/traceparent.ts";

/** The caller's request id when it is well-formed, otherwise a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  return wellFormed(headers[names.requestId]) ?? randomUUID();
}

/**
 * The ids that each log line of a request has. Lines get them one by one: a child logger for every request
 * would cost more than the one line that most of them write. The edge always names a trace.
 */
export function logIdsOf({
  id,
  headers,
}: Pick<FastifyRequest, "id" | "headers">): Pick<RequestLine, "request_id" | "trace_id"> {
  return { request_id: id, trace_id: parseTraceparent(headers[names.traceparent])?.traceId ?? null };
}

/** Under which the caller knows all that one thing of its own has caused. */
export function correlationIdOf({ id, headers }: Pick<FastifyRequest, "id" | "headers">): string {
  return wellFormed(headers[names.correlationId]) ?? id;
}

function wellFormed(header: string | string[] | undefined): string | null {
  return typeof header === "string" && REQUEST_ID_PATTERN.test(header) ? header : null;
}

/** Puts ids on every answer, errors included. */
export const requestContext = plugin(async function requestContext(app: FastifyInstance) {
  app.addHook("onRequest", function identify(request, reply, done) {
    reply.header(names.requestId, request.id);
    reply.header(names.correlationId, correlationIdOf(request));
    done();
  });
});
