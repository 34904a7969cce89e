import { headers, REQUEST_ID_PATTERN } from "#shared/headers.ts";
import type { Exchange, Stage } from "./exchange.ts";
import { networkOf } from "./limit/network.ts";
import { rawTarget } from "./paths.ts";
import { refuse } from "./problems.ts";

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

/**
 * Opens the exchange, answers what a stage refuses, and closes it with one structured line (the same
 * fields as the origin's).
 */
export function observed(
  { addressHeader, logSampleRate, log, now }: Options,
  handle: Stage,
): (request: Request, context: Pick<ExecutionContext, "waitUntil">) => Promise<Response> {
  return async function observed(request, context) {
    const startedAt = now();
    const incoming = request.headers;
    const id = crypto.randomUUID();
    const requestId = wellFormed(incoming.get(headers.requestId)) ?? id;
    const correlationId = wellFormed(incoming.get(headers.correlationId)) ?? requestId;
    const { path, search } = rawTarget(request.url);
    const exchange: Exchange = {
      request,
      path,
      search,
      requestId,
      correlationId,
      // Only if anybody asks: a hit that is not logged names no trace.
      get traceId() {
        return traceIdOf(incoming.get(headers.traceparent)) ?? id.replaceAll("-", "");
      },
      startedAt,
      address: networkOf(incoming.get(addressHeader)),
      waitUntil: (work) => context.waitUntil(work),
      outgoing: { [headers.requestId]: requestId, [headers.correlationId]: correlationId },
      operationId: null,
      params: {},
      principal: null,
      plan: null,
      refund: nothing,
      unchecked: false,
      target: "",
      outcome: "answered",
    };
    const response = await answerTo(exchange, handle);
    const { status } = response;
    if (status < 400 && !sampled(requestId, logSampleRate)) return response;
    log(status >= 500 ? "error" : "info", {
      stage: "edge",
      request_id: requestId,
      correlation_id: correlationId,
      trace_id: exchange.traceId,
      method: request.method,
      operation: exchange.operationId,
      tenant_id: exchange.principal?.tenantId ?? null,
      client_id: exchange.principal?.clientId ?? null,
      status,
      outcome: exchange.outcome,
      ...(exchange.unchecked && { revocations: "unknown" }),
      latency_ms: now() - startedAt,
    });
    return response;
  };
}

async function answerTo(exchange: Exchange, handle: Stage): Promise<Response> {
  try {
    const answer = await handle(exchange);
    if (answer === undefined) throw new Error("no stage has answered");
    return answer;
  } catch (error) {
    return refuse(exchange, error);
  }
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
