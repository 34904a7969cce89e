import type { Principal } from "#shared/identity.ts";
import type { Route } from "#shared/route.ts";

/** What the gateway's stages learn about one request, each for those after it. */
export type Exchange = {
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

export type GatewayVariables = { Variables: { exchange: Exchange } };

/** A route with the id that handlers, metrics and logs know it by. */
export type Operation = { readonly id: string; readonly route: Route };

/** Builds the one response of a request: its own headers and those that stages left for it. */
export function respond(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: BodyInit | null,
): Response {
  return new Response(body, { status, headers: { ...headers, ...exchange.outgoing } });
}
