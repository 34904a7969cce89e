import type { Contract } from "#shared/route.ts";
import { refuseFill } from "../problems.ts";
import type { Answer } from "./answer.ts";
import type { Served } from "./embedded.ts";
import type { AskForAll } from "./fill.ts";
import type { Partition, Shared } from "./key.ts";
import { lifetimeSeconds } from "./rules.ts";
import type { ResponseCache } from "./serve.ts";

/** What partitions Workers Cache; nothing else of the caller reaches the cached entrypoint. */
export type CachedOriginProps = Partition & { readonly operationId: string };

type CachedEntrypoint = (props: CachedOriginProps) => { fetch(request: Request): Promise<Response> };

/** Any host does: Workers Cache does not key by it. */
const LOOPBACK = "https://cached-origin";
/** Carries the ids under which the origin logs the fill; it is in no key. */
const TRACE_HEADER = "gatehouse-trace";

/** Cloudflare's cache in front of the `CachedOrigin` entrypoint. */
export function workersCache(entrypoint: CachedEntrypoint): ResponseCache {
  return async function serve(fill): Promise<Served> {
    const { operationId, partition, target, version, policy, ids } = fill;
    const response = await entrypoint({ ...partition, operationId }).fetch(
      new Request(LOOPBACK + target, {
        headers: { [TRACE_HEADER]: [ids.requestId, ids.correlationId, ids.traceId].join(" ") },
        cf: { cacheKey: `${version}${target}` },
      }),
    );
    return servedFrom(response, await response.arrayBuffer(), policy);
  };
}

/** The other side of the loopback: asks the origin, and says how long the answer may be kept. */
export async function answerFill(
  request: Request,
  { operationId, ...partition }: CachedOriginProps,
  contract: Contract,
  askForAll: AskForAll,
): Promise<Response> {
  const [requestId = "", correlationId = "", traceId = ""] = (request.headers.get(TRACE_HEADER) ?? "").split(
    " ",
  );
  const ids = { requestId, correlationId, traceId };
  const policy = contract[operationId]?.cache;
  if (policy?.kind !== "shared") throw new Error(`${operationId} is not cacheable`);
  const { pathname, search } = new URL(request.url);
  try {
    const answer = await askForAll({ operationId, partition, target: pathname + search, ids });
    const headers = { ...answer.headers, "cache-control": storageControl(policy, answer) };
    return new Response(answer.body, { status: answer.status, headers });
  } catch (error) {
    return refuseFill(ids.requestId, error);
  }
}

/**
 * The policy as Workers Cache reads it. `max-age`, never `s-maxage`, which would switch off serving
 * stale; and always some directive, since none means two hours.
 */
export function storageControl(policy: Shared, answer: Answer): string {
  const lifetime = lifetimeSeconds(policy, answer);
  if (lifetime <= 0) return "no-store";
  if (answer.status !== 200) return `max-age=${lifetime}, stale-if-error=0`;
  const { staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  return `max-age=${lifetime}, stale-while-revalidate=${staleWhileRevalidateSeconds}, stale-if-error=${staleIfErrorSeconds}`;
}

function servedFrom(response: Response, body: ArrayBuffer, policy: Shared): Served {
  const {
    "cache-control": _,
    "cf-cache-status": how,
    age: ageText,
    ...headers
  } = Object.fromEntries(response.headers);
  const answer = { status: response.status, headers, body };
  const age = Number(ageText ?? 0);
  const lifetime = lifetimeSeconds(policy, answer);
  return { answer, age, how: howOf(how), ttl: lifetime > 0 ? lifetime - age : null };
}

function howOf(status: string | undefined): Served["how"] {
  if (status === "HIT" || status === "REVALIDATED") return "hit";
  return status === "STALE" || status === "UPDATING" ? "stale" : "miss";
}
