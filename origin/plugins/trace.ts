import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { headers as names } from "#shared/headers.ts";
import { parseTraceparent } from "#shared/traceparent.ts";
import type { RequestTrace, Tracing } from "../tracing/tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Absent where traces are off; null when this request is not recorded. */
    trace?: RequestTrace | null;
  }
}

type Options = { readonly tracing: Tracing };

/** Records requests that the edge has signed. Registered only where traces are on. */
export const trace = plugin(async function trace(app: FastifyInstance, { tracing }: Options) {
  app.decorateRequest("trace", null);

  app.addHook("onRequest", function begin(request, reply, done) {
    const { id, method, headers, routeOptions } = request;
    const trace = tracing.begin({
      operation: routeOptions.config.operationId ?? method,
      method,
      route: routeOptions.url ?? "none",
      requestId: id,
      parent: parseTraceparent(headers[names.traceparent]),
    });
    request.trace = trace;
    if (trace !== null) reply.raw.on("close", () => end(trace, request, reply));
    done();
  });
});

function end(trace: RequestTrace, { admitted, url, claims, outcome }: FastifyRequest, { raw }: FastifyReply) {
  const status = raw.writableFinished ? raw.statusCode : null;
  trace.end({
    status,
    outcome: status === null ? "aborted" : outcome,
    // A path that fits no route, or no id, may be anything.
    path: admitted === null ? null : (url.split("?", 1)[0] ?? null),
    tenantId: claims?.tenantId ?? null,
  });
}
