import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { Problem } from "#shared/problems.ts";

/** `host [ ":" port ]` with a host that is there (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(?:[\w.~%!$&'()*+,;=-]+|\[[\dA-Fa-f:.]+\])(?::\d*)?$/;

/**
 * Refuses what Node's parser takes for a request and RFC 9112 does not. The connection ends with it: nobody
 * knows what its sender means by the bytes that follow.
 */
export const wellFormed = plugin(async function wellFormed(app: FastifyInstance) {
  app.addHook("onRequest", function refuseMalformed(request, reply, done) {
    // Nothing here speaks another protocol, and Node would read no further for want of a listener.
    if (request.headers.upgrade !== undefined) reply.raw.setHeader("connection", "close");
    const detail = faultOf(request.raw);
    if (detail === null) return done();
    reply.raw.setHeader("connection", "close");
    done(new Problem("invalid-request", { detail }));
  });
  // An expectation that nobody knows may be ignored (RFC 9110 §10.1.1); Node's own 417 is no problem document.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
});

function faultOf({
  httpVersionMajor,
  httpVersionMinor,
  headers,
  rawHeaders,
}: IncomingMessage): string | null {
  if (httpVersionMajor !== 1) return "speak HTTP/1.1";
  if (headers.host === undefined) return httpVersionMinor === 0 ? null : "send a Host header";
  if (!HOST.test(headers.host) || countHosts(rawHeaders) !== 1)
    return "send one Host header with a valid host";
  return null;
}

/** Node keeps the first of several. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
}
