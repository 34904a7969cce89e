import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { CheckResult } from "./readiness.ts";

type Options = {
  readonly registry: Registry;
  readonly checks: () => Promise<readonly CheckResult[]>;
  /** Whether the process still takes requests: off from the first moment of a stop. */
  readonly isServing: () => boolean;
};

/** Probes and metrics, on a port of their own that nobody outside reaches. */
export function buildOps({ registry, checks, isServing }: Options): FastifyInstance {
  const app = Fastify({ logger: false });

  app.get("/live", async () => ({ status: "live" }));

  app.get("/ready", async (_request, reply) => {
    const results = await checks();
    const ready = isServing() && results.every(({ ok, required }) => ok || !required);
    reply.code(ready ? 200 : 503);
    return { status: ready ? "ready" : "not-ready", serving: isServing(), checks: results };
  });

  app.get("/metrics", async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
  return app;
}
