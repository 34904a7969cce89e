import type { Principal } from "#shared/identity.ts";
import type { Route } from "#shared/route.ts";

/** What the gateway's stages learn about one request, each for those after it. */
export type Exchange = {
  readonly request: Request;
  /** Exactly as the client sent it. */
  readonly path: string;
  /** The query as the client sent it, without the question mark. */
  readonly search: string;
  readonly requestId: string;
  readonly correlationId: string;
  /** W3C Trace Context: 32 hex digits. */
  readonly traceId: string;
  /** Milliseconds since the epoch, by the edge's clock. */
  readonly startedAt: number;
  /** The client's network: its IPv4 address or IPv6 /64 as the platform says, or `unknown`. */
  readonly address: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Headers for the answer, whatever it will be: a refusal carries them too. */
  readonly outgoing: Record<string, string>;
  operationId: string | null;
  /** The values of the path's parameters, by name. */
  params: Readonly<Record<string, string>>;
  principal: Principal | null;
  /** What the token says of the client's quota. */
  plan: string | null;
  /** Gives back what the quota was charged, should the edge itself fail the request. */
  refund: () => void;
  /** Whether the token was accepted without knowing all that is revoked. */
  unchecked: boolean;
  /** The canonical path and query, once validated. */
  target: string;
  /** What the log line says became of the request, such as `hit`, `miss` or a problem code. */
  outcome: string;
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
  return async function inOrder(exchange) {
    for (const stage of stages) {
      const said = stage(exchange);
      const answer = said instanceof Promise ? await said : said;
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/** A route with the id that handlers, metrics and logs know it by. */
export type Operation = { readonly id: string; readonly route: Route };

/** As the runtime at hand has it: its types are not those of another. */
type ResponseBody = ConstructorParameters<typeof Response>[0];

/** Builds the one response of a request: its own headers and those that stages left for it. HEAD gets no more. */
export function respond(
  exchange: Exchange,
  status: number,
  headers: Headers | Readonly<Record<string, string>>,
  body: ResponseBody,
): Response {
  const content = exchange.request.method === "HEAD" ? null : body;
  const response = new Response(content, { status, headers });
  for (const [name, value] of Object.entries(exchange.outgoing)) response.headers.set(name, value);
  return response;
}
