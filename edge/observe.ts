import { andThen } from "./and-then.ts";
import { Arrival } from "./arrival.ts";
import type { Exchange, Stage } from "./exchange.ts";
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

/**
 * Opens the exchange, answers what a stage refuses, and closes it with one structured line (the same
 * fields as the origin's).
 */
export function observed(
  { addressHeader, logSampleRate, log, now }: Options,
  handle: Stage,
): (request: Request, context: Pick<ExecutionContext, "waitUntil">) => Response | Promise<Response> {
  function close(exchange: Exchange, response: Response): Response {
    const { status } = response;
    const { request, requestId } = exchange;
    if (status < 400 && !sampled(requestId, logSampleRate)) return response;
    log(status >= 500 ? "error" : "info", {
      stage: "edge",
      request_id: requestId,
      correlation_id: exchange.correlationId,
      trace_id: exchange.traceId,
      method: request.method,
      operation: exchange.operationId,
      tenant_id: exchange.principal?.tenantId ?? null,
      client_id: exchange.principal?.clientId ?? null,
      status,
      outcome: exchange.outcome,
      ...(exchange.unchecked && { revocations: "unknown" }),
      latency_ms: now() - exchange.startedAt,
    });
    return response;
  }

  return function observed(request, context) {
    const exchange = new Arrival(request, context, addressHeader, now());
    return andThen(answerTo(exchange, handle), (response) => close(exchange, response));
  };
}

function answerTo(exchange: Exchange, handle: Stage): Response | Promise<Response> {
  try {
    const answer = andThen(handle(exchange), orFail);
    return answer instanceof Promise ? answer.catch((error) => refuse(exchange, error)) : answer;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function orFail(answer: Response | undefined): Response {
  if (answer === undefined) throw new Error("no stage has answered");
  return answer;
}

/** Decides by the id, so that one request is logged at both tiers or at neither. */
function sampled(requestId: string, permille: number): boolean {
  if (permille >= 1000) return true;
  let sum = 0;
  for (let i = 0; i < requestId.length; i++) sum = (sum * 31 + requestId.charCodeAt(i)) >>> 0;
  return sum % 1000 < permille;
}
