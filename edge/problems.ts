import {
  PROBLEM_MEDIA_TYPE,
  Problem,
  type ProblemCode,
  problemDocument,
  problems,
} from "#shared/problems.ts";
import { type Exchange, respond } from "./exchange.ts";

/** Seconds to wait that a failure of ours states when what failed gave no better figure. */
const RETRY_AFTER_SECONDS = "2";

/**
 * The answer to whatever a stage threw: a problem as itself, anything else as `internal`. What the edge
 * fails by itself costs the client nothing.
 */
export function refuse(exchange: Exchange, error: unknown): Response {
  const problem = error instanceof Problem ? error : new Problem("internal");
  if (problem !== error) exchange.failure = error;
  if (problem.status >= 500) exchange.refund();
  exchange.outcome = problem.code;
  const document = problemDocument(problem.code, exchange.requestId, problem.members);
  return respond(exchange, problem.status, headersOf(problem), JSON.stringify(document));
}

/** The same for a fill of the cache, which has no exchange: what answers it relays the problem. */
export function refuseFill(requestId: string, error: unknown): Response {
  const problem = error instanceof Problem ? error : new Problem("internal");
  const document = problemDocument(problem.code, requestId, problem.members);
  return new Response(JSON.stringify(document), { status: problem.status, headers: headersOf(problem) });
}

function headersOf(problem: Problem): Record<string, string> {
  const headers = { "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store", ...problem.headers };
  return { ...retryAfterOf(problem.status), ...headers };
}

/** Every failure that is not the client's says when to come again; one that knows better replaces it. */
function retryAfterOf(status: number): Record<string, string> {
  return status >= 500 ? { "retry-after": RETRY_AFTER_SECONDS } : {};
}

/**
 * Passes on a problem that the origin answered, under this request's own id: a stored one was made
 * for another request.
 * @throws Problem `bad-gateway` when it is not one of the table
 */
export function relayProblem(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: ArrayBuffer,
): Response {
  const document = parse(body);
  if (!isProblemDocument(document)) throw new Problem("bad-gateway");
  exchange.outcome = document.code;
  const own = JSON.stringify({ ...document, requestId: exchange.requestId });
  const ownHeaders = { "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store" };
  return respond(exchange, status, { ...retryAfterOf(status), ...headers, ...ownHeaders }, own);
}

/** Which problem of the table a body is; null: it is none. */
export function problemCodeOf(body: ArrayBuffer): ProblemCode | null {
  const document = parse(body);
  return isProblemDocument(document) ? document.code : null;
}

function parse(body: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}

function isProblemDocument(value: unknown): value is { code: ProblemCode } {
  if (typeof value !== "object" || value === null || !("code" in value)) return false;
  return typeof value.code === "string" && Object.hasOwn(problems, value.code);
}
