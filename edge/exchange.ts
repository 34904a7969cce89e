import { headers as names } from "#shared/headers.ts";
import type { Principal } from "#shared/identity.ts";
import type { Route } from "#shared/route.ts";
import { securityHeaders } from "#shared/security-headers.ts";
import { type Charged, showStanding } from "./limit/decision.ts";
import type { Quota } from "./limit/plans.ts";

/** What the gateway's stages learn about one request, each for those after it. */
export type Exchange = {
  readonly request: Request;
  /** The request's. Each look at the platform's own object has a price, so what every hit needs is looked up once. */
  readonly method: string;
  /** The request's, for the same reason. */
  readonly headers: Headers;
  /** Exactly as the client sent it. */
  readonly path: string;
  /** The query as the client sent it, without the question mark. */
  readonly search: string;
  readonly requestId: string;
  readonly correlationId: string;
  /** W3C Trace Context: 32 hex digits. */
  readonly traceId: string;
  /** Of the client's `traceparent`; null: it has none that is well-formed, and the trace begins here. */
  readonly traceFlags: number | null;
  /** Milliseconds since the epoch, by the edge's clock. */
  readonly startedAt: number;
  /** The client's network: its IPv4 address or IPv6 /64 as the platform says, or `unknown`. */
  readonly address: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** More headers for the answer, whatever it will be: a refusal carries them too. */
  readonly outgoing: (readonly [name: string, value: string])[];
  operationId: string | null;
  /** The values of the path's parameters, by name. */
  params: Readonly<Record<string, string>>;
  principal: Principal | null;
  /** What the token says of the client's quota. */
  plan: string | null;
  /** The quota that it was held to, which every answer shows; null when it was held to none. */
  charged: Charged | null;
  /** Gives back what the quota was charged, should the edge itself fail the request. */
  refund: () => void;
  /** Whether the token was accepted without knowing all that is revoked. */
  unchecked: boolean;
  /** The canonical path and query, once validated. */
  target: string;
  /** What the log line says became of the request, such as `hit`, `miss` or a problem code. */
  outcome: string;
  /** What a stage threw that was no `Problem`: a fault of ours. */
  failure: unknown;
};

/**
 * One step of the gateway: answers, lets the request pass by returning nothing, or refuses it by
 * throwing a `Problem`. What need not wait returns no promise: a cache hit passes all stages at once.
 */
export type Stage = (exchange: Exchange) => Response | undefined | Promise<Response | undefined>;

/** A stage that lets nothing pass. */
export type Answerer = (exchange: Exchange) => Response | Promise<Response>;

/** Stages as one: the first that answers is the last that is asked. */
export function inOrder(...stages: readonly Stage[]): Stage {
  function passFrom(first: number, exchange: Exchange): ReturnType<Stage> {
    for (let next = first; next < stages.length; next++) {
      const said = stages[next]?.(exchange);
      if (said instanceof Promise) return said.then((answer) => answer ?? passFrom(next + 1, exchange));
      if (said !== undefined) return said;
    }
    return undefined;
  }
  return function inOrder(exchange) {
    return passFrom(0, exchange);
  };
}

/** A route with the id that handlers, metrics and logs know it by. */
export type Operation = { readonly id: string; readonly route: Route };

/** As the runtime at hand has it: its types are not those of another. */
type ResponseBody = ConstructorParameters<typeof Response>[0];

type HeaderRecord = Readonly<Record<string, string>>;

/** Builds the one response of a request: its own headers and those that stages left for it. HEAD gets no more. */
export function respond(exchange: Exchange, status: number, own: HeaderRecord, body: ResponseBody): Response {
  return respondLike(exchange, { status, headers: headersFor(quotaOf(exchange), own) }, body);
}

/**
 * An answer but for its body and what is of one request only, to be given many times: a `Response` takes half as long
 * to make after another one as from a record or `Headers` (docs/decisions/0014-stages.md).
 */
export function readyAnswer(quota: HoldingQuota, status: number, own: HeaderRecord): Response {
  return new Response(null, { status, headers: headersFor(quota, own) });
}

/** @param head of `readyAnswer`, if it was made for this exchange's quota */
export function respondLike(exchange: Exchange, head: ResponseInit | Response, body: ResponseBody): Response {
  const { method, requestId, correlationId, charged, outgoing } = exchange;
  const response = new Response(method === "HEAD" ? null : body, head);
  const { headers } = response;
  headers.set(names.requestId, requestId);
  headers.set(names.correlationId, correlationId);
  if (charged !== null) showStanding(headers, charged);
  for (const [name, value] of outgoing) headers.set(name, value);
  return response;
}

/** Whatever holds for the caller, in headers that are the same for all whom it holds. */
export type HoldingQuota = Pick<Quota, "fields">;

const NO_QUOTA: HoldingQuota = { fields: {} };

export function quotaOf({ charged }: Exchange): HoldingQuota {
  return charged?.quota ?? NO_QUOTA;
}

function headersFor({ fields }: HoldingQuota, own: HeaderRecord): Record<string, string> {
  return { ...securityHeaders, ...fields, ...own };
}
