import type { FastifyInstance } from "fastify";
import { Problem } from "#shared/problems.ts";
import type { Contract, Method } from "#shared/route.ts";

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/** Answers 405 with `Allow` (RFC 9110 §15.5.6) where a path is known and the method is not. */
export function registerOtherMethods(app: FastifyInstance, contract: Contract): void {
  for (const [path, methods] of methodsByPath(contract)) {
    const allow = methods.join(", ");
    app.route({
      url: path,
      method: METHODS.filter((method) => !methods.some((known) => known === method)),
      onRequest: function refuseMethod(_request, _reply, done) {
        done(new Problem("method-not-allowed", { detail: `allowed are ${allow}` }, { allow }));
      },
      handler: () => undefined,
    });
  }
}

function methodsByPath(contract: Contract): Map<string, Method[]> {
  const byPath = new Map<string, Method[]>();
  for (const { path, method, servedBy } of Object.values(contract)) {
    if (servedBy === "origin") byPath.set(path, [...(byPath.get(path) ?? []), method]);
  }
  return byPath;
}
