import { cacheRequestOf, loadBy, responseOf } from "#edge/http-cache/adapt.ts";
import { HttpCache } from "#edge/http-cache/cache.ts";
import type { PurgeOptions, PurgeResult } from "#edge/http-cache/purge.ts";
import { type Instruction, SCENARIO_HEADER } from "./scenario.ts";

/**
 * A Worker that does as each request tells it, behind Workers Cache where there is one, else behind
 * the embedded cache: the scenarios run against either.
 */

type OperatorCache = {
  purge(options: PurgeOptions): Promise<PurgeResult> | PurgeResult;
  invalidate(options: PurgeOptions): Promise<PurgeResult> | PurgeResult;
};

type Context = {
  /** Cloudflare's Workers Cache; absent elsewhere. */
  readonly cache?: OperatorCache;
  readonly exports: {
    Scripted(options: { props: unknown }): { fetch(request: Request): Promise<Response> };
  };
  waitUntil(work: Promise<unknown>): void;
};

const embedded = new HttpCache({ maxBytes: 8_000_000, now: () => Date.now() });

export default {
  fetch(request: Request, _bindings: unknown, context: Context): Promise<Response> {
    const { props = {}, cacheKey, cacheControl } = instructionOf(request);
    const scripted = context.exports.Scripted({ props });
    const cf = { ...(cacheKey ? { cacheKey } : {}), ...(cacheControl ? { cacheControl } : {}) };
    if (context.cache !== undefined) {
      const options: RequestInit & { cf: object } = { cf };
      return scripted.fetch(new Request(request, options));
    }
    return answerEmbedded(request, scripted, { ...cf, partition: JSON.stringify(props) }, context);
  },
};

/** The cached entrypoint. */
export const Scripted = {
  async fetch(request: Request, _bindings: unknown, { cache = embedded }: Context): Promise<Response> {
    const { answer, operate, fail } = instructionOf(request);
    if (operate !== undefined) return Response.json(await cache[operate.by](operate.options));
    if (fail) return new Response("failed", { status: 503, headers: { "cache-control": "no-store" } });
    const { headers = {}, status = 200, body = "0123456789" } = answer ?? {};
    const etag = headers["etag"];
    const isUnchanged = etag !== undefined && request.headers.get("if-none-match") === etag;
    return new Response(isUnchanged || status === 204 ? null : body, {
      status: isUnchanged ? 304 : status,
      headers: { "content-type": "text/plain", ...headers, "x-made": crypto.randomUUID() },
    });
  },
};

async function answerEmbedded(
  request: Request,
  scripted: { fetch(request: Request): Promise<Response> },
  options: { partition: string },
  context: Context,
): Promise<Response> {
  const load = loadBy(request, (asked) => scripted.fetch(asked));
  const reply = await embedded.answer(cacheRequestOf(request, options), load, (work) =>
    context.waitUntil(work),
  );
  return responseOf(reply);
}

function instructionOf(request: Request): Instruction {
  return JSON.parse(request.headers.get(SCENARIO_HEADER) ?? "{}");
}
