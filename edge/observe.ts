import type { MiddlewareHandler } from "hono";
import { headers, REQUEST_ID_PATTERN } from "#shared/headers.ts";
import type { Exchange, GatewayVariables } from "./exchange.ts";
import { networkOf } from "./limit/network.ts";

export type LogLine = Readonly<Record<string, string | number | null>>;
export type Log = (level: "info" | "error", line: LogLine) => void;

type Options = {
  readonly addressHeader: string;
  /** Thousandths of the successful requests that are logged. */
  readonly logSampleRate: number;
  readonly log: Log;
  readonly now: () => number;
};

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NO_TRACE = "0".repeat(32);
const nothing = () => undefined;

/** Opens the exchange, and closes it with one structured line (the same fields as the origin's). */
export function observe({
  addressHeader,
  logSampleRate,
  log,
  now,
}: Options): MiddlewareHandler<GatewayVariables> {
  return async function observe(c, next) {
    const startedAt = now();
    const incoming = c.req.raw.headers;
    const id = crypto.randomUUID();
    const requestId = wellFormed(incoming.get(headers.requestId)) ?? id;
    const correlationId = wellFormed(incoming.get(headers.correlationId)) ?? requestId;
    const exchange: Exchange = {
      requestId,
      correlationId,
      traceId: traceIdOf(incoming.get(headers.traceparent)) ?? id.replaceAll("-", ""),
      startedAt,
      address: networkOf(incoming.get(addressHeader)),
      waitUntil: (work) => c.executionCtx.waitUntil(work),
      outgoing: { [headers.requestId]: requestId, [headers.correlationId]: correlationId },
      operationId: null,
      principal: null,
      plan: null,
      refund: nothing,
      unchecked: false,
      target: "",
      outcome: "answered",
    };
    c.set("exchange", exchange);
    await next();
    const { status } = c.res;
    if (status < 400 && !sampled(requestId, logSampleRate)) return;
    log(status >= 500 ? "error" : "info", {
      stage: "edge",
      request_id: requestId,
      correlation_id: correlationId,
      trace_id: exchange.traceId,
      method: c.req.method,
      operation: exchange.operationId,
      tenant_id: exchange.principal?.tenantId ?? null,
      client_id: exchange.principal?.clientId ?? null,
      status,
      outcome: exchange.outcome,
      ...(exchange.unchecked && { revocations: "unknown" }),
      latency_ms: now() - startedAt,
    });
  };
}

function wellFormed(id: string | null): string | null {
  return id !== null && REQUEST_ID_PATTERN.test(id) ? id : null;
}

function traceIdOf(traceparent: string | null): string | null {
  const traceId = traceparent === null ? undefined : TRACEPARENT.exec(traceparent)?.[1];
  return traceId === undefined || traceId === NO_TRACE ? null : traceId;
}

/** Decides by the id, so that one request is logged at both tiers or at neither. */
function sampled(requestId: string, permille: number): boolean {
  if (permille >= 1000) return true;
  let sum = 0;
  for (let i = 0; i < requestId.length; i++) sum = (sum * 31 + requestId.charCodeAt(i)) >>> 0;
  return sum % 1000 < permille;
}
