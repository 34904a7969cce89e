import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import type { Metrics } from "../metrics.ts";

/** Counts and times every request by operation; what matched no route counts as `none`. */
export const measure = plugin(async function measure(
  app: FastifyInstance,
  { metrics }: { metrics: Metrics },
) {
  app.addHook("onRequest", function begin(_request, _reply, done) {
    metrics.inFlight.inc();
    done();
  });

  app.addHook("onResponse", function end(request, reply, done) {
    const operation = request.routeOptions.config.operationId ?? "none";
    metrics.inFlight.dec();
    metrics.requests.inc({ operation, status: reply.statusCode });
    metrics.durationSeconds.observe({ operation }, reply.elapsedTime / 1000);
    done();
  });
});
