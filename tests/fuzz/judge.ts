import { protectionFault } from "#scripts/smoke/judge.ts";
import { headers as names } from "#shared/headers.ts";
import { PROBLEM_MEDIA_TYPE, problems, problemType } from "#shared/problems.ts";
import type { Contract, Route } from "#shared/route.ts";
import type { Answer, FuzzRequest } from "./wire.ts";

/** What must hold of every answer, whatever was asked. Null: all of it does; otherwise what does not. */
export function faultOf(
  route: Route,
  contract: Contract,
  request: FuzzRequest,
  answer: Answer,
): string | null {
  if (answer.isLate) return "hangs";
  if (answer.status === null) return isCutOff(request) ? null : "is not answered";
  if (isRuntimeRefusal(answer))
    return isBadHttp(request) ? null : `is refused by the runtime: ${answer.body}`;
  const unprotected = protectionFault(answer);
  if (unprotected !== null) return unprotected;
  if (answer.status >= 500) return `is answered with ${answer.status}: ${answer.body}`;
  if (answer.status >= 400) return refusalFault(route, request, answer);
  return isDeclared(route, contract, request, answer.status) ? null : `is answered with ${answer.status}`;
}

/** Whoever ends the connection in the middle of the body may be left without an answer. */
function isCutOff({ framing }: FuzzRequest): boolean {
  return framing === "too-short";
}

/** workerd answers by itself what is no HTTP request to it; the Worker never runs. */
function isRuntimeRefusal({ status, headers }: Answer): boolean {
  return headers.get(names.requestId) === null && [400, 413, 431, 501].includes(status ?? 0);
}

function isBadHttp({ method, target, headers }: FuzzRequest): boolean {
  const isToken = /^[A-Z]+$/.test(method);
  return (
    !isToken || !/^[\x21-\x7e]+$/.test(target) || /[<>"\\^`{|}]/.test(target) || headers.some(isOddHeader)
  );
}

function isOddHeader(line: string): boolean {
  return /^(?:upgrade|te|trailer|transfer-encoding|expect):/i.test(line);
}

function refusalFault(
  route: Route,
  { method }: FuzzRequest,
  { status, headers, body }: Answer,
): string | null {
  const requestId = headers.get(names.requestId);
  if (requestId === null) return `is refused with ${status} without a request id: ${body}`;
  if (headers.get("cache-control") !== "no-store") return "is refused with an answer that may be stored";
  const type = headers.get("content-type");
  if (method === "HEAD") return body === "" ? null : "HEAD is answered with a body";
  if (isTokenError(route, status, type))
    return isTokenErrorBody(body) ? null : `is no RFC 6749 error: ${body}`;
  if (type !== PROBLEM_MEDIA_TYPE) return `is refused with ${status} ${type}: ${body}`;
  return documentFault(JSON.parse(body), status, requestId);
}

function documentFault(
  document: Record<string, unknown>,
  status: number | null,
  requestId: string,
): string | null {
  const { code, type, title, status: stated, requestId: id } = document;
  const known = Object.entries(problems).find(([name]) => name === code);
  if (known === undefined) return `has a problem outside the table: ${String(code)}`;
  const [name, definition] = known;
  const expected = [
    definition.status,
    problemType(name as keyof typeof problems),
    definition.title,
    requestId,
  ];
  const said = [stated, type, title, id];
  return stated === status && String(said) === String(expected)
    ? null
    : `has another problem: ${said.join(", ")}`;
}

function isTokenError(
  { request: { body }, responses }: Route,
  status: number | null,
  type: string | null,
): boolean {
  return (
    body.kind === "form" &&
    type?.startsWith("application/json") === true &&
    status !== null &&
    status in responses
  );
}

function isTokenErrorBody(body: string): boolean {
  const { error, error_description: description } = JSON.parse(body);
  return typeof error === "string" && typeof description === "string";
}

/** An answer that is none of a refusal is one that the route of the method declares, or its like. */
function isDeclared(route: Route, contract: Contract, { method }: FuzzRequest, status: number): boolean {
  if (method === "OPTIONS") return status === 204;
  if (status === 304) return true;
  const asked = method === "HEAD" ? "GET" : method;
  if (asked === route.method) return status in route.responses;
  return Object.values(contract).some((other) => other.method === asked && status in other.responses);
}

/** What a HEAD must say as its GET did. */
const SAME = ["content-type", "etag", "cache-control", "vary"];

/** RFC 9110 §9.3.2: HEAD is GET without the content. */
export function headFault(get: Answer, head: Answer): string | null {
  if (head.status !== get.status) return `HEAD says ${head.status} and GET ${get.status}`;
  if (head.body !== "") return "HEAD has a body";
  const other = SAME.find((name) => head.headers.get(name) !== get.headers.get(name));
  return other === undefined
    ? null
    : `HEAD says ${other}: ${head.headers.get(other)}, GET ${get.headers.get(other)}`;
}

/** Whether an answer shows that the route itself ran. */
export function isAccepted(route: Route, { status }: Answer): boolean {
  return status !== null && status < 400 && status in route.responses;
}
