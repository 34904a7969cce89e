import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { headers as names } from "#shared/headers.ts";
import { lineLevel, messageOf, type RequestLine } from "#shared/request-line.ts";
import type { Metrics } from "../metrics.ts";
import { correlationIdOf, logIdsOf } from "./request-context.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the log line says became of the request: `ok` or a problem's code. */
    outcome: string;
  }
}

type Options = {
  readonly metrics: Metrics;
  /** Thousandths of the successful requests that are logged. */
  readonly samplePermille: number;
  /** From how many milliseconds on a request to an operation is logged as slow. */
  readonly slowAfterMs: (operation: string | null) => number;
};

/** Writes one line for each request and counts it, when it has been answered or has been given up. */
export const observe = plugin(async function observe(app: FastifyInstance, options: Options) {
  app.decorateRequest("outcome", "ok");

  app.addHook("onRequest", function begin(request, reply, done) {
    options.metrics.inFlight.inc();
    // Not Fastify's onResponse, which a client that leaves before its answer never causes.
    reply.raw.on("close", () => {
      const { elapsedTime } = reply;
      count(options.metrics, request, reply, elapsedTime);
      log(options, request, reply, elapsedTime);
    });
    done();
  });
});

function count(
  { inFlight, requests, replays, durationSeconds, deprecated }: Metrics,
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
  elapsedMs: number,
): void {
  const { operationId: operation = "none", isDeprecated } = routeOptions.config;
  inFlight.dec();
  requests.inc({ operation, status: reply.raw.writableFinished ? reply.statusCode : "aborted" });
  if (isDeprecated === true) deprecated.inc({ operation });
  if (reply.hasHeader(names.idempotencyReplayed)) replays.inc({ operation });
  durationSeconds.observe({ operation }, elapsedMs / 1000);
}

function log(
  { samplePermille, slowAfterMs }: Options,
  request: FastifyRequest,
  reply: FastifyReply,
  elapsedMs: number,
): void {
  const { claims, routeOptions } = request;
  const operation = routeOptions.config.operationId ?? null;
  const status = reply.raw.writableFinished ? reply.statusCode : null;
  const isSlow = elapsedMs >= slowAfterMs(operation);
  const level = lineLevel(status, isSlow, request.id, samplePermille);
  if (level === null) return;
  const line: RequestLine = {
    stage: "origin",
    ...logIdsOf(request),
    correlation_id: correlationIdOf(request),
    method: request.method,
    operation,
    tenant_id: claims?.tenantId ?? null,
    client_id: claims?.clientId ?? null,
    status,
    outcome: status === null ? "aborted" : request.outcome,
    latency_ms: Math.round(elapsedMs * 100) / 100,
  };
  request.log[level](line, messageOf(isSlow));
}
