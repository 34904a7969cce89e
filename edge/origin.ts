import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { ASSERTION_LIFETIME_SECONDS, encodeAssertion } from "#shared/identity.ts";
import { Problem } from "#shared/problems.ts";
import type { Method } from "#shared/route.ts";
import { type ClientBody, clientBody, type OfLength } from "./client-body.ts";
import type { Hmac } from "./sign.ts";

/** On whose behalf the origin is asked. A shared answer is asked for by no one in particular. */
export type OnBehalfOf = {
  readonly tenantId?: string;
  readonly subject?: string;
  readonly clientId?: string;
  readonly scopes: readonly string[];
};

/** Ids under which both tiers log. */
export type TraceIds = {
  readonly requestId: string;
  readonly correlationId: string;
  readonly traceId: string;
};

export type OriginRequest = {
  readonly method: Method;
  /** Canonical path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream | null;
  readonly onBehalfOf: OnBehalfOf;
  readonly ids: TraceIds;
  readonly budgetMs: number;
};

export type Origin = (request: OriginRequest) => Promise<Response>;

const MAX_RETRY_DELAY_MS = 50;
/** An origin that could not be reached is tried last for this long. */
const AWAY_MS = 2_000;

type Options = {
  readonly urls: readonly string[];
  readonly secret: NamedSecret;
  readonly sign: Hmac["sign"];
  readonly now: () => number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Where the platform has it; without it a body that broke off counts as a failure of the origin. */
  readonly ofLength?: OfLength;
};

/**
 * Asks one of the origins. A safe request that got no answer is tried once more at the next one.
 * @throws Problem `unavailable` or `deadline-exceeded`; `malformed-body` when the client's body broke off
 */
export function createOrigin({ urls, secret, sign, now, fetch, ofLength }: Options): Origin {
  let turn = 0;
  const away = new Map<string, number>();

  async function attempt(
    request: OriginRequest,
    body: ReadableStream | null,
    url: string,
    budgetMs: number,
  ): Promise<Response> {
    const assertion = await assert(request, budgetMs);
    const { requestId, correlationId, traceId } = request.ids;
    return fetch(url + request.target, {
      method: request.method,
      headers: {
        ...request.headers,
        [names.assertion]: assertion,
        [names.requestId]: requestId,
        [names.correlationId]: correlationId,
        [names.traceparent]: `00-${traceId}-${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}-01`,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(budgetMs),
    });
  }

  async function assert(
    { method, target, onBehalfOf, ids }: OriginRequest,
    budgetMs: number,
  ): Promise<string> {
    const { scopes, ...identity } = onBehalfOf;
    const payload = encodeAssertion({
      aud: "gatehouse-origin",
      kid: secret.kid,
      target: `${method} ${target}`,
      exp: Math.floor(now() / 1000) + ASSERTION_LIFETIME_SECONDS,
      budgetMs,
      requestId: ids.requestId,
      ...identity,
      scopes: [...scopes],
    });
    return `${payload}.${await sign(payload)}`;
  }

  return async function askOrigin(request) {
    const deadline = now() + request.budgetMs;
    const candidates = inOrder(urls, turn++, away, now());
    const attempts = request.method === "GET" ? 2 : 1;
    const body = clientBody(request.body, request.headers["content-length"], ofLength);
    for (let attempted = 1; ; attempted++) {
      const url = candidates[(attempted - 1) % candidates.length] ?? "";
      try {
        return await attempt(request, body.stream, url, Math.max(1, deadline - now()));
      } catch (error) {
        const refusal = await refusalOf(error, body, now() >= deadline);
        if (refusal !== null) throw refusal;
        away.set(url, now() + AWAY_MS);
        if (attempted === attempts) throw new Problem("unavailable", {}, { "retry-after": "2" });
        await delay(Math.random() * MAX_RETRY_DELAY_MS);
      }
    }
  };
}

/** The origins as a request tries them: in turn, those that failed just now last. */
function inOrder(
  urls: readonly string[],
  turn: number,
  away: ReadonlyMap<string, number>,
  now: number,
): readonly string[] {
  const first = turn % urls.length;
  const rotated = [...urls.slice(first), ...urls.slice(0, first)];
  const isAway = (url: string) => (away.get(url) ?? 0) > now;
  return [...rotated.filter((url) => !isAway(url)), ...rotated.filter(isAway)];
}

/** What a failure is told as that says nothing of the origin; null: it may be away. */
async function refusalOf(error: unknown, body: ClientBody, isLate: boolean): Promise<Problem | null> {
  if (await body.isBroken()) return new Problem("malformed-body", { detail: "the body broke off" });
  return isTimeout(error) || isLate ? new Problem("deadline-exceeded") : null;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
