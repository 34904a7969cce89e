import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { headers as names, REQUEST_ID_PATTERN } from "#shared/headers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the log line says became of the request: `ok` or a problem's code. */
    outcome: string;
  }
}

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

/** Puts ids on every answer, errors included, and writes one line when it has been sent. */
export const requestContext = plugin(async function requestContext(app: FastifyInstance) {
  app.decorateRequest("outcome", "ok");

  app.addHook("onRequest", function identify(request, reply, done) {
    reply.header(names.requestId, request.id);
    reply.header(names.correlationId, wellFormed(request.headers[names.correlationId]) ?? request.id);
    done();
  });

  app.addHook("onResponse", function logRequest(request, reply, done) {
    request.log.info(lineOf(request.outcome, request, reply), "request");
    done();
  });

  app.addHook("onRequestAbort", function logAbort(request, done) {
    request.outcome = "aborted";
    done();
  });
});

type Ending = { readonly statusCode: number; readonly elapsedTime: number };
type Beginning = { readonly method: string; readonly routeOptions: { config: { operationId?: string } } };

function lineOf(outcome: string, request: Beginning, reply: Ending): object {
  return {
    stage: "origin",
    operation: request.routeOptions.config.operationId ?? null,
    method: request.method,
    status: reply.statusCode,
    outcome,
    latency_ms: Math.round(reply.elapsedTime * 100) / 100,
  };
}
