import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { ASSERTION_LIFETIME_SECONDS, encodeAssertion } from "#shared/identity.ts";
import { isSampled } from "#shared/sampling.ts";
import { formatTraceparent, RANDOM, SAMPLED } from "#shared/traceparent.ts";
import type { Passage } from "../client-body.ts";
import type { OriginRequest } from "../origin.ts";
import type { Hmac } from "../sign.ts";
import { boundBody } from "./answer-body.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { RequestBody } from "./request-body.ts";
import { TimeLimit } from "./time-limit.ts";

/**
 * By how much the origin's time is shorter than the edge's, at least and as a part of it: so it is the origin that
 * says that it was too slow, and the edge's own time runs out only where the origin says nothing at all.
 */
const HOP_MS = 50;
const HOP_PART = 0.1;

export type Attempt = {
  readonly request: OriginRequest;
  readonly body: RequestBody;
  readonly url: string;
  /** Which one it is of its request, from 1. */
  readonly attempted: number;
  /** For an answer to begin, in milliseconds. */
  readonly waitMs: number;
  /** When all of it must be there, in milliseconds since the epoch. */
  readonly deadline: number;
};

export type Attempter = {
  readonly secret: NamedSecret;
  readonly sign: Hmac["sign"];
  readonly now: () => number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly passage: Passage;
  /** Of the traces that begin here, the thousandths that are recorded. */
  readonly traceSampleRate: number;
};

/** Sends a request to one origin, once. */
export async function attempt(attempter: Attempter, one: Attempt): Promise<Outcome> {
  const { now, fetch, passage } = attempter;
  const { request, body, url, waitMs, deadline } = one;
  // With another origin to turn to, this one has less than all of the time, and has to say so by then.
  const toldMs = request.isStreamed ? deadline - now() : waitMs;
  const headers = await headersFor(attempter, request, toldMs);
  const limit = new TimeLimit(waitMs);
  try {
    const response = await fetch(url + request.target, {
      method: request.method,
      headers,
      body: body.content,
      redirect: "manual",
      signal: body.broken === null ? limit.signal : AbortSignal.any([limit.signal, body.broken]),
    });
    limit.extend(deadline - now());
    return outcomeOf(await boundBody(response, limit, request.collectBytes, passage), one.attempted);
  } catch {
    limit.end();
    if (await body.isBroken()) return { kind: "body-broken" };
    const hadAll = body.isSent();
    return limit.isOver ? { kind: "late", hadAll, waitedMs: waitMs } : { kind: "lost", hadAll };
  }
}

async function headersFor(
  { secret, sign, now, traceSampleRate }: Attempter,
  { method, target, headers, onBehalfOf, ids }: OriginRequest,
  leftMs: number,
): Promise<Record<string, string>> {
  const { scopes, ...identity } = onBehalfOf;
  const { requestId, correlationId, traceId } = ids;
  const flags = ids.traceFlags ?? RANDOM | (isSampled(traceId, traceSampleRate) ? SAMPLED : 0);
  const payload = encodeAssertion({
    aud: "gatehouse-origin",
    kid: secret.kid,
    target: `${method} ${target}`,
    exp: Math.floor(now() / 1000) + ASSERTION_LIFETIME_SECONDS,
    budgetMs: Math.max(1, Math.floor(leftMs - Math.max(HOP_MS, leftMs * HOP_PART))),
    requestId,
    ...identity,
    scopes: [...scopes],
  });
  return {
    ...headers,
    [names.assertion]: `${payload}.${await sign(payload)}`,
    [names.requestId]: requestId,
    [names.correlationId]: correlationId,
    [names.traceparent]: formatTraceparent({ traceId, parentId: newSpanId(), flags }),
  };
}

/** Each attempt is a span of the edge's, the parent of what the origin records. */
function newSpanId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}
