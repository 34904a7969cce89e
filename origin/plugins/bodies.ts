import type { FastifyInstance } from "fastify";
import plugin from "fastify-plugin";
import { parseQuery } from "#shared/coerce.ts";
import { Problem } from "#shared/problems.ts";
import { inexactNumber } from "../inexact-numbers.ts";
import { hasRepeatedMembers } from "../repeated-members.ts";

/** Reads bodies of the media types that the contract knows. Their sizes are limited by route. */
export const bodies = plugin(async function bodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers();

  app.addContentTypeParser(
    ["application/json", "application/merge-patch+json"],
    { parseAs: "buffer" },
    function readJson(_request, body, done) {
      finish(() => parseJson(decode(body)), done);
    },
  );

  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer" },
    function readForm(_request, body, done) {
      finish(() => parseForm(decode(body)), done);
    },
  );

  // Left as a stream: the handler reads it line by line and counts. One that stops reading must not
  // destroy it, for its socket is the one that the refusal goes out on.
  app.addContentTypeParser("application/x-ndjson", function keepStream(_request, payload, done) {
    done(null, payload.iterator({ destroyOnReturn: false }));
  });
});

type Done = (error: Error | null, value?: unknown) => void;

function finish(parse: () => unknown, done: Done): void {
  let value: unknown;
  try {
    value = parse();
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)));
  }
  done(null, value);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(body: string | Buffer): string {
  try {
    return typeof body === "string" ? body : utf8.decode(body);
  } catch {
    throw new Problem("malformed-body", { detail: "the body is not UTF-8" });
  }
}

function parseJson(text: string): unknown {
  const value = parse(text);
  if (hasRepeatedMembers(text, value)) {
    throw new Problem("malformed-body", { detail: "a member is given more than once" });
  }
  const inexact = inexactNumber(text);
  if (inexact !== null) {
    throw new Problem("malformed-body", {
      detail: `${inexact.slice(0, 40)} is more than a number can say exactly`,
    });
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 says where it broke off; it quotes the body, which is the caller's own.
    const detail = error instanceof Error ? error.message : "not JSON";
    throw new Problem("malformed-body", { detail });
  }
}

/** RFC 6749 §3.2: a parameter sent more than once makes the request invalid. */
function parseForm(text: string): Record<string, string> {
  const pairs = parseQuery(text);
  const names = new Set(pairs.map(([name]) => name));
  if (names.size < pairs.length) {
    throw new Problem("malformed-body", { detail: "a parameter is given more than once" });
  }
  return Object.fromEntries(pairs);
}
