import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import type { Metrics } from "../metrics.ts";
import { logIdsOf } from "./request-context.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the log line says became of the request: `ok` or a problem's code. */
    outcome: string;
  }
}

type Options = { readonly metrics: Metrics };

/** Writes one line for each request and counts it, when it has been answered or has been given up. */
export const observe = plugin(async function observe(app: FastifyInstance, { metrics }: Options) {
  app.decorateRequest("outcome", "ok");

  app.addHook("onRequest", function begin(request, reply, done) {
    metrics.inFlight.inc();
    // Not Fastify's onResponse, which a client that leaves before its answer never causes.
    reply.raw.on("close", () => end(metrics, request, reply));
    done();
  });
});

function end(
  { inFlight, requests, durationSeconds, deprecated }: Metrics,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const operation = request.routeOptions.config.operationId ?? "none";
  const { elapsedTime } = reply;
  const isAnswered = reply.raw.writableFinished;
  inFlight.dec();
  requests.inc({ operation, status: isAnswered ? reply.statusCode : "aborted" });
  if (request.routeOptions.config.isDeprecated === true) deprecated.inc({ operation });
  durationSeconds.observe({ operation }, elapsedTime / 1000);
  const level = isAnswered && reply.statusCode >= 500 ? "error" : "info";
  request.log[level](
    {
      ...logIdsOf(request),
      stage: "origin",
      operation,
      method: request.method,
      status: isAnswered ? reply.statusCode : null,
      outcome: isAnswered ? request.outcome : "aborted",
      latency_ms: Math.round(elapsedTime * 100) / 100,
    },
    "request",
  );
}
