import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { securityHeaders } from "#shared/security-headers.ts";

/** Puts the security headers on every answer, errors included: those of @fastify/helmet that data has a use for. */
export const secure = plugin(async function secure(app: FastifyInstance) {
  app.addHook("onRequest", function putHeaders(_request, reply, done) {
    reply.headers(securityHeaders);
    done();
  });
});
