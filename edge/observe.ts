import { lineLevel, messageOf, type RequestLine } from "#shared/request-line.ts";
import { andThen } from "./and-then.ts";
import { Arrival } from "./arrival.ts";
import type { Exchange, Stage } from "./exchange.ts";
import type { Recorder } from "./metrics/recorder.ts";
import { refuse } from "./problems.ts";

export type LogLine = Readonly<Record<string, string | number | null>>;
export type Log = (level: "info" | "warn" | "error", line: LogLine) => void;

type Options = {
  readonly addressHeader: string;
  /** Thousandths of the successful requests that are logged. */
  readonly logSampleRate: number;
  /** From how many milliseconds on a request to an operation is logged as slow. */
  readonly slowAfterMs: (operation: string | null) => number;
  readonly log: Log;
  readonly record: Recorder["request"];
  readonly now: () => number;
};

/**
 * Opens the exchange, answers what a stage refuses, and closes it with one structured line (the same
 * fields as the origin's).
 */
export function observed(
  { addressHeader, logSampleRate, slowAfterMs, log, record, now }: Options,
  handle: Stage,
): (request: Request, context: Pick<ExecutionContext, "waitUntil">) => Response | Promise<Response> {
  function close(exchange: Exchange, response: Response): Response {
    const { status } = response;
    const { method, requestId, operationId, principal } = exchange;
    const endedAt = now();
    const latencyMs = endedAt - exchange.startedAt;
    record(exchange, status, latencyMs);
    // The clock of a hit stands still: there is nothing to look up.
    const isSlow = latencyMs > 0 && latencyMs >= slowAfterMs(operationId);
    const level = lineLevel(status, isSlow, requestId, logSampleRate);
    if (level === null) return response;
    const line: RequestLine = {
      stage: "edge",
      request_id: requestId,
      correlation_id: exchange.correlationId,
      trace_id: exchange.traceId,
      method,
      operation: operationId,
      tenant_id: principal?.tenantId ?? null,
      client_id: principal?.clientId ?? null,
      status,
      outcome: exchange.outcome,
      latency_ms: latencyMs,
    };
    log(level, {
      time: new Date(endedAt).toISOString(),
      ...line,
      ...(exchange.unchecked && { revocations: "unknown" }),
      ...(exchange.failure !== null && described(exchange.failure)),
      msg: messageOf(isSlow),
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

/** How many calls of a stack are told. */
const FRAMES = 8;

/** What kind a failure is and where it was. Its message is not told: it may quote what was sent. */
function described(failure: unknown): LogLine {
  if (!(failure instanceof Error)) return { err_type: typeof failure };
  const calls = (failure.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  return {
    err_type: failure.name,
    err_stack: calls
      .slice(0, FRAMES)
      .map((call) => call.trim())
      .join("\n"),
  };
}

function orFail(answer: Response | undefined): Response {
  if (answer === undefined) throw new Error("no stage has answered");
  return answer;
}
