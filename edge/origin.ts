import { Problem } from "#shared/problems.ts";
import type { Method } from "#shared/route.ts";
import { type Attempter, attempt } from "./upstream/attempt.ts";
import { PROBE_MS } from "./upstream/breaker.ts";
import type { Outcome } from "./upstream/outcome.ts";
import { Pace } from "./upstream/pace.ts";
import { type Candidate, type OnBreaker, type OriginReport, Pool } from "./upstream/pool.ts";
import { type RequestBody, requestBody } from "./upstream/request-body.ts";
import { MIN_ATTEMPT_MS, retryAfter } from "./upstream/retry.ts";
import { RetryBudget } from "./upstream/retry-budget.ts";

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
  /** What whoever began the trace has decided; null: that was this edge, which decides when it asks. */
  readonly traceFlags: number | null;
};

export type OriginRequest = {
  readonly operationId: string;
  readonly method: Method;
  /** Canonical path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream | null;
  readonly onBehalfOf: OnBehalfOf;
  readonly ids: TraceIds;
  /** When the answer must be there, all of it, in milliseconds since the epoch. */
  readonly deadline: number;
  /** An answer up to this length is read before it is passed on, so that it is a whole one. */
  readonly collectBytes: number;
  /** Whether it may begin long before it ends. */
  readonly isStreamed: boolean;
  /** Whether an origin's `Retry-After` is waited for. Not where something stored can stand in. */
  readonly isPatient: boolean;
  /** Whether nothing is lost when it is asked later: what is stored has not been replaced. */
  readonly canWait: boolean;
};

export type Origin = (request: OriginRequest) => Promise<Response>;

/** One try to get an answer from one origin. */
export type OriginAttempt = {
  readonly operationId: string;
  /** Its place in `ORIGIN_URLS`, from 0. */
  readonly origin: number;
  readonly outcome: Outcome["kind"];
  /** Until the answer began, or a short one was there. */
  readonly durationMs: number;
};

export type Origins = {
  readonly ask: Origin;
  /** In the order of `ORIGIN_URLS`. */
  readonly report: () => readonly OriginReport[];
};

type Options = Attempter & {
  readonly urls: readonly string[];
  readonly random: () => number;
  readonly onBreaker: OnBreaker;
  readonly onAttempt: (attempt: OriginAttempt) => void;
};

/** What is left of a request on its way. */
type Journey = {
  readonly request: OriginRequest;
  readonly body: RequestBody;
  /** The origins, the next one first. */
  readonly candidates: readonly Candidate[];
  attempted: number;
  wasProbe: boolean;
};

/** The way to the origins. `ask` throws `unavailable`, `deadline-exceeded` or `malformed-body`. */
export function createOrigins(options: Options): Origins {
  const { urls, now, random, onBreaker, onAttempt, passage } = options;
  const pace = new Pace();
  const pool = new Pool(urls, now, (origin, state) => {
    onBreaker(origin, state);
    if (pool.isAway) pace.away(now());
    else pace.back(now());
  });
  const retries = new RetryBudget();

  /** The next origin whose breaker lets the request through; null: there is none. */
  async function tryNext(journey: Journey): Promise<{ candidate: Candidate; outcome: Outcome } | null> {
    const { request, body, candidates } = journey;
    for (const [i] of candidates.entries()) {
      const candidate = candidates[(journey.attempted + i) % candidates.length];
      if (candidate === undefined) return null;
      const outcome = await pool.send(candidate, async (isProbe) => {
        journey.wasProbe = isProbe;
        const sentAt = now();
        pace.sent(sentAt);
        const { deadline, operationId } = request;
        const { url } = candidate;
        const waitMs = waitFor(candidate, journey, deadline - sentAt);
        const attempted = journey.attempted + 1;
        const came = await attempt(options, { request, body, url, attempted, waitMs, deadline });
        const durationMs = now() - sentAt;
        onAttempt({ operationId, origin: urls.indexOf(url), outcome: came.kind, durationMs });
        return came;
      });
      if (outcome !== null) return { candidate, outcome };
    }
    return null;
  }

  /** Half of the time, when another origin can have the other half. */
  function waitFor(candidate: Candidate, { body, attempted, wasProbe }: Journey, leftMs: number): number {
    if (wasProbe) return Math.min(PROBE_MS, leftMs);
    return body.isRepeatable && attempted === 0 && pool.hasOther(candidate) ? leftMs / 2 : leftMs;
  }

  function mayRetry({ wasProbe }: Journey): boolean {
    // Whoever found out that an origin is not back yet did so for all.
    return wasProbe || retries.withdraw();
  }

  async function ask(request: OriginRequest): Promise<Response> {
    const leftMs = request.deadline - now();
    if (leftMs < MIN_ATTEMPT_MS) throw new Problem("deadline-exceeded");
    if (request.canWait && !pace.admits(now())) throw new Problem("unavailable");
    const body = await requestBody(request, leftMs, passage);
    retries.deposit();
    const candidates = pool.inTurn(body.isRepeatable);
    const journey: Journey = { request, body, candidates, attempted: 0, wasProbe: false };
    let last: Outcome | null = null;
    for (;;) {
      const tried = await tryNext(journey);
      if (tried === null) return conclude(last, random());
      discard(last);
      last = tried.outcome;
      journey.attempted++;
      const waitMs = retryAfter({
        outcome: last,
        attempted: journey.attempted,
        isRepeatable: body.isRepeatable,
        hasOther: pool.hasOther(tried.candidate),
        isPatient: request.isPatient,
        leftMs: request.deadline - now(),
        random: random(),
      });
      if (waitMs === null || !mayRetry(journey)) return conclude(last, random());
      await delay(waitMs);
    }
  }

  return { ask, report: () => pool.report() };
}

/** What the client is told in the end. @param outcome null: no origin was to be asked */
function conclude(outcome: Outcome | null, random: number): Response {
  switch (outcome?.kind) {
    case "answered":
    case "slow":
    case "busy":
      return outcome.response;
    case "body-broken":
      throw new Problem("malformed-body", { detail: "the body broke off" });
    case "late":
      throw new Problem("deadline-exceeded");
    default:
      // Whole seconds (RFC 9110 §10.2.3), and not the same for all who would come back together.
      throw new Problem("unavailable", {}, { "retry-after": String(1 + Math.floor(random * 3)) });
  }
}

function discard(outcome: Outcome | null): void {
  if (outcome === null || !("response" in outcome)) return;
  outcome.response.body?.cancel().catch(() => undefined);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
