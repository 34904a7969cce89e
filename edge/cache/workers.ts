import { headers as names } from "#shared/headers.ts";
import type { PurgeOrder, PurgeOutcome } from "#shared/operator.ts";
import { Problem } from "#shared/problems.ts";
import type { Contract } from "#shared/route.ts";
import type { CacheWord } from "../http-cache/status.ts";
import type { TraceIds } from "../origin.ts";
import { problemCodeOf, refuseFill } from "../problems.ts";
import type { AskForAll } from "./fill.ts";
import type { Partition } from "./key.ts";
import type { Fill, Purge, PurgeableCache, Served } from "./serve.ts";
import { aged } from "./storage-control.ts";
import { storedHeaders } from "./stored.ts";

/** What partitions Workers Cache; nothing else of the caller reaches the cached entrypoint. */
export type CachedOriginProps = Partition & { readonly operationId: string };

type CachedEntrypoint = (props: CachedOriginProps) => {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly purge: Purge;
};

/** Any host does: Workers Cache does not key by it. */
const LOOPBACK = "https://cached-origin";
/** Carries the ids under which the origin logs the fill, and when the request came; it is in no key. */
const TRACE_HEADER = "gatehouse-trace";

const WORDS: readonly CacheWord[] = [
  "HIT",
  "MISS",
  "EXPIRED",
  "STALE",
  "UPDATING",
  "REVALIDATED",
  "BYPASS",
  "DYNAMIC",
];

/** Cloudflare's cache in front of the `CachedOrigin` entrypoint. */
export function workersCache(entrypoint: CachedEntrypoint): PurgeableCache {
  async function serve(fill: Fill): Promise<Served> {
    const { operationId, partition, target, version, ids, startedAt } = fill;
    const response = await entrypoint({ ...partition, operationId }).fetch(
      new Request(LOOPBACK + target, {
        headers: { [TRACE_HEADER]: traceOf(ids, startedAt) },
        cf: { cacheKey: `${version}${target}` },
      }),
    );
    return servedFrom(response, await response.arrayBuffer());
  }

  // Whatever the props: a purge is the entrypoint's, not a partition's.
  return { serve, purge: (order) => entrypoint({ operationId: "purge" }).purge(order) };
}

function traceOf({ requestId, correlationId, traceId, traceFlags }: TraceIds, startedAt: number): string {
  return [requestId, correlationId, traceId, traceFlags ?? "-", startedAt].join(" ");
}

/** The other side of a purge. What the platform refuses, it says why; its quota is five calls a minute. */
export async function purgeOwn(
  cache: Pick<CacheContext, "purge"> | undefined,
  order: PurgeOrder,
): Promise<PurgeOutcome> {
  if (cache === undefined) throw new Error("there is no Workers Cache to purge");
  const { success, errors } = await cache.purge("tags" in order ? { tags: [...order.tags] } : order);
  return { success, errors: errors.map(({ code, message }) => ({ code, message })), reach: "network" };
}

/** What a fill works with. */
type Filling = {
  readonly contract: Contract;
  readonly askForAll: AskForAll;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Names the Worker's version; null where the platform does not say. */
  readonly version: string | null;
};

/** The other side of the loopback: asks the origin, and says how long the answer may be kept. */
export async function answerFill(
  request: Request,
  { operationId, ...partition }: CachedOriginProps,
  { contract, askForAll, now, version }: Filling,
): Promise<Response> {
  const trace = (request.headers.get(TRACE_HEADER) ?? "").split(" ");
  const [requestId = "", correlationId = "", traceId = "", flags = "-", startedAt = ""] = trace;
  const ids = { requestId, correlationId, traceId, traceFlags: flags === "-" ? null : Number(flags) };
  const { pathname, search } = new URL(request.url);
  try {
    const askedAt = now();
    // Sent by Workers Cache alone, when it revalidates what it has stored.
    const ifNoneMatch = request.headers.get("if-none-match");
    const question = {
      operationId,
      partition,
      target: pathname + search,
      ids,
      startedAt: Number(startedAt) || askedAt,
      ifNoneMatch,
    };
    const answer = aged(await askForAll(question), now() - askedAt);
    const headers = storedHeaders(contract, question, answer, version);
    return new Response(answer.status === 304 ? null : answer.body, { status: answer.status, headers });
  } catch (error) {
    return refuseFill(ids.requestId, error);
  }
}

/** @throws Problem when the entrypoint could not answer and nothing stored stood in */
function servedFrom({ status, headers }: Response, body: ArrayBuffer): Served {
  if (status >= 500) throw failureOf(status, headers.get("retry-after"), body);
  const { "cache-control": _, "cache-tag": _consumed, ...kept } = Object.fromEntries(headers);
  const word = wordOf(headers.get("cf-cache-status"));
  return { status, headers: { ...kept, [names.cacheStatus]: cacheStatusOf(word) }, body, word };
}

/** The entrypoint's own problem (`refuseFill`), or what the platform's status comes nearest to. */
function failureOf(status: number, retryAfter: string | null, body: ArrayBuffer): Problem {
  const headers = retryAfter === null ? {} : { "retry-after": retryAfter };
  if (status === 504) return new Problem("deadline-exceeded", {}, headers);
  return new Problem(problemCodeOf(body) ?? (status === 502 ? "bad-gateway" : "unavailable"), {}, headers);
}

function wordOf(status: string | null): CacheWord {
  const word = WORDS.find((candidate) => candidate === status);
  return word ?? "DYNAMIC";
}

/** The platform's words in those of RFC 9211, which it does not send itself. */
function cacheStatusOf(word: CacheWord): string {
  const isHit = word === "HIT" || word === "STALE" || word === "UPDATING";
  return isHit ? "gatehouse; hit" : `gatehouse; fwd=${word === "MISS" ? "uri-miss" : "stale"}`;
}
