import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Health } from "./health.ts";
import { secure } from "./plugins/secure.ts";
import { MAX_OPS_CONNECTIONS, OPS_SOCKET_LIMITS } from "./socket-limits.ts";

type Options = {
  readonly registry: Registry;
  readonly health: Pick<Health, "startup" | "readiness">;
};

/** Probes and metrics, on a port of their own that nobody outside reaches. */
export function buildOps({ registry, health }: Options): FastifyInstance {
  const app = Fastify({ logger: false, ...OPS_SOCKET_LIMITS });
  app.server.maxConnections = MAX_OPS_CONNECTIONS;
  app.register(secure);

  app.get("/live", async () => ({ status: "live" }));

  app.get("/startup", async (_request, reply) => {
    const startup = health.startup();
    reply.code(startup.status === "started" ? 200 : 503);
    return startup;
  });

  app.get("/ready", async (_request, reply) => {
    const readiness = await health.readiness();
    reply.code(readiness.status === "ready" ? 200 : 503);
    return readiness;
  });

  app.get("/metrics", async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
  return app;
}
