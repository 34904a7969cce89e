import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { Problem } from "#shared/problems.ts";
import type { Work } from "../db/work.ts";
import { OneEnding } from "../ending.ts";

/** How long anybody waits for an answer. */
export type Lifetime = Pick<Work, "signal" | "remainingMs">;

declare module "fastify" {
  interface FastifyRequest {
    /** Null only until the edge's assertion has been verified. */
    lifetime: Lifetime | null;
  }
}

/** Ends a request's work when its budget runs out, or when whoever asked is gone before the answer is. */
export const lifetime = plugin(async function lifetime(app: FastifyInstance) {
  app.decorateRequest("lifetime", null);

  app.addHook("onRequest", function begin(request, reply, done) {
    request.lifetime = startLifetime(request.claims?.budgetMs ?? 0, reply.raw);
    done();
  });
});

function startLifetime(budgetMs: number, response: ServerResponse): Lifetime {
  const signal = new OneEnding();
  const endsAt = performance.now() + budgetMs;
  const timer = setTimeout(() => {
    signal.end(new Problem("deadline-exceeded"));
    // Whoever still sends has been given up by the edge; there is nobody to answer.
    if (!response.req.complete) response.destroy();
  }, budgetMs);
  response.once("close", () => {
    clearTimeout(timer);
    if (response.writableFinished) return;
    // Nobody reads it; it keeps this from being taken for a fault of ours.
    signal.end(new Problem("deadline-exceeded", { detail: "the client is gone" }));
  });
  return { signal, remainingMs: () => endsAt - performance.now() };
}
