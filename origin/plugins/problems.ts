import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { headers as names } from "#shared/headers.ts";
import { PROBLEM_MEDIA_TYPE, Problem, problemDocument } from "#shared/problems.ts";
import { securityHeaders } from "#shared/security-headers.ts";
import { tokenErrorOf } from "#shared/token-error.ts";
import { payloadTooLarge } from "#shared/validate.ts";
import { problemOfDatabase } from "../db/errors.ts";
import type { ErrorHook } from "../error-hook.ts";
import { logIdsOf } from "./request-context.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Tells an error tracker; null where there is none. */
    reportError: ErrorHook["report"] | null;
  }
}

/** Seconds to wait that a 503 states when what failed gave no better figure. */
const RETRY_AFTER_SECONDS = "2";

/** Answers whatever was thrown as a problem document (RFC 9457), and a missing route likewise. */
export const problems = plugin(async function problems(app: FastifyInstance) {
  app.setErrorHandler(function answerError(error, request, reply) {
    return sendProblem(problemOf(error, request), request, reply);
  });
  app.setNotFoundHandler(function answerNotFound(request, reply) {
    return sendProblem(new Problem("unknown-route"), request, reply);
  });
});

/** Sends a problem as the answer to a request. */
export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.outcome = problem.code;
  if (!request.raw.complete && hasBody(request.raw)) {
    readRest(request.raw);
    // Nor may the connection end with the answer because Fastify would have it so: what is still on its way
    // would reset it, and the answer with it.
    if (!reply.raw.hasHeader("connection")) reply.removeHeader("connection");
  }
  const tokenError = request.routeOptions.config.refusals === "rfc6749" ? tokenErrorOf(problem) : null;
  if (tokenError !== null) {
    return reply.code(400).headers(TOKEN_ERROR_HEADERS).send(JSON.stringify(tokenError));
  }
  return reply
    .code(problem.status)
    .headers(headersOf(problem))
    .send(JSON.stringify(problemDocument(problem.code, request.id, problem.members)));
}

/** RFC 9112 §6: without either of these there is none. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** What is left of a body that was refused may take so long. */
const REST_MS = 5_000;

/** Reads on for a while: else whoever is still sending never gets to the answer. */
function readRest(message: IncomingMessage): void {
  const timer = setTimeout(() => message.socket.destroy(), REST_MS).unref();
  message.once("end", () => clearTimeout(timer));
  message.resume();
}

const TOKEN_ERROR_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

function headersOf(problem: Problem): Record<string, string> {
  const headers = { "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store", ...problem.headers };
  return problem.status === 503 ? { "retry-after": RETRY_AFTER_SECONDS, ...headers } : headers;
}

/** The problem that an error is told as; what nobody expected is logged and says nothing more. */
function problemOf(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const known = problemOfFastify(error, request) ?? problemOfDatabase(error);
  const problem = known ?? new Problem("internal");
  if (problem.status >= 500) tell(error, problem, request);
  return problem;
}

function tell(error: unknown, { status }: Problem, request: FastifyRequest): void {
  const { method, routeOptions, server, log } = request;
  const ids = logIdsOf(request);
  log.error({ ...ids, err: error }, "request failed");
  const { request_id: requestId, trace_id: traceId } = ids;
  const operation = routeOptions.config.operationId ?? null;
  server.reportError?.({ error, requestId, traceId, operation, method, status });
}

function problemOfFastify(error: unknown, request: FastifyRequest): Problem | null {
  switch (codeOf(error)) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return payloadTooLarge(request.routeOptions.bodyLimit);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Problem("unsupported-media-type");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Problem("malformed-body", { detail: "the body is not as long as Content-Length says" });
    case "FST_ERR_BAD_URL":
      return new Problem("non-canonical-path");
    case "ECONNRESET":
      return isAborted(request) ? new Problem("malformed-body", { detail: "the body broke off" }) : null;
    default:
      return null;
  }
}

function isAborted(request: FastifyRequest): boolean {
  return request.raw.destroyed && !request.raw.complete;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : null;
}

/** What Fastify's router refuses before there is a route, such as a URL it cannot decode. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // No hook has run for it.
  reply.headers({ ...securityHeaders, [names.requestId]: request.id, [names.correlationId]: request.id });
  sendProblem(problemOf(error, request), request, reply);
}
