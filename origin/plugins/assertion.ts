import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { isCanonicalPath, MAX_TARGET_BYTES } from "#shared/canonical.ts";
import { headers as names } from "#shared/headers.ts";
import type { AssertionClaims } from "#shared/identity.ts";
import { Problem } from "#shared/problems.ts";
import type { VerifyAssertion } from "../assertion.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the edge states about the request; null only until it has been verified. */
    claims: AssertionClaims | null;
  }
}

type Options = { readonly verify: VerifyAssertion; readonly now: () => number };

/** Lets in what the edge has signed, and nothing else, whether or not there is such a route. */
export const assertion = plugin(async function assertion(app: FastifyInstance, { verify, now }: Options) {
  app.decorateRequest("claims", null);

  app.addHook("onRequest", function verifyAssertion(request, _reply, done) {
    const target = request.url;
    const nowSeconds = Math.floor(now() / 1000);
    request.claims = verify(request.headers[names.assertion], `${request.method} ${target}`, nowSeconds);
    if (request.claims === null) return done(new Problem("invalid-token"));
    done(targetProblem(target) ?? credentialsProblem(request.headers.authorization, request.raw.rawHeaders));
  });
});

/** Node keeps the first of several `Authorization` headers, others the last: so there is none. */
function credentialsProblem(
  authorization: string | undefined,
  rawHeaders: readonly string[],
): Problem | undefined {
  if (authorization === undefined) return undefined;
  const sent = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "authorization");
  if (sent.length === 1) return undefined;
  return new Problem("malformed-authorization", { detail: "send one Authorization header" });
}

/** The edge refuses these first; here the same rules hold, so that no spelling means two things. */
function targetProblem(target: string): Problem | undefined {
  if (target.length > MAX_TARGET_BYTES) {
    return new Problem("uri-too-long", { detail: `the limit is ${MAX_TARGET_BYTES} bytes` });
  }
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  return isCanonicalPath(path) ? undefined : new Problem("non-canonical-path");
}
