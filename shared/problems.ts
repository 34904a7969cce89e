/**
 * The closed table of problems (RFC 9457): whatever is refused anywhere is refused as one of these.
 * `docs/errors.md` is checked against it.
 */

type ProblemDefinition = {
  readonly status: number;
  readonly title: string;
  /** When it is sent and what the caller can do, in one sentence. */
  readonly when: string;
  /** A registered problem type (IANA "HTTP Problem Types"); otherwise `/problems/<code>`. */
  readonly type?: string;
};

const IANA = "https://iana.org/assignments/http-problem-types";

export const problems = {
  "invalid-request": {
    status: 400,
    title: "The request does not match the contract",
    when: "A path, query, header or body value breaks a rule; `errors` names each place and rule.",
  },
  "malformed-body": {
    status: 400,
    title: "The body cannot be read",
    when: "The body is not well-formed JSON, form data or text in UTF-8; `detail` says where it broke off.",
  },
  "non-canonical-path": {
    status: 400,
    title: "The path is not in canonical form",
    when: "The path has empty or dot segments, a backslash or needless percent-encoding; send the plain form.",
  },
  "malformed-authorization": {
    status: 400,
    title: "The Authorization header cannot be read",
    when: "There are several `Authorization` headers, or one that is not `Bearer` and a token (RFC 6750 §2.1).",
  },
  unauthenticated: {
    status: 401,
    title: "Credentials are missing",
    when: "The route needs a bearer token and the request has none.",
  },
  "invalid-token": {
    status: 401,
    title: "The token is not valid",
    when: "The bearer token is malformed, expired, not yet valid, revoked, or from an issuer that is not trusted.",
  },
  "invalid-credentials": {
    status: 401,
    title: "The credentials are not valid",
    when: "Tenant, email and password, or the refresh token, are not those of an account in good standing; log in again.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The token lacks a scope",
    when: "The token is valid but carries too few scopes, for the route or for what it would give away; `scope` lists what is needed.",
  },
  "not-found": {
    status: 404,
    title: "There is no such resource",
    when: "No resource of yours has this id; another tenant's resource looks exactly like none.",
  },
  "unknown-route": {
    status: 404,
    title: "There is no such route",
    when: "The path is not part of the API; see `/openapi.json`.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The method is not allowed here",
    when: "The path exists, the method does not; `Allow` lists those that do.",
  },
  conflict: {
    status: 409,
    title: "The request conflicts with the state of the resource",
    when: "A unique value is taken, or what the request would take away is still needed; `detail` names it.",
  },
  "idempotency-in-progress": {
    status: 409,
    title: "A request with this key is still running",
    when: "The first request with this `Idempotency-Key` has not ended; retry after `Retry-After`.",
  },
  "precondition-failed": {
    status: 412,
    title: "The resource has changed",
    when: "`If-Match` names an older version; read the resource again and retry with its `ETag`.",
  },
  "payload-too-large": {
    status: 413,
    title: "The body is too large",
    when: "The body exceeds the limit that `detail` states; send less, or in several requests.",
  },
  "uri-too-long": {
    status: 414,
    title: "The request target is too long",
    when: "Path and query together exceed 4,096 bytes.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The media type is not supported",
    when: "`Content-Type` is missing or not the one the route takes; `detail` names it.",
  },
  unprocessable: {
    status: 422,
    title: "The request is well-formed but cannot be carried out",
    when: "A value is valid by itself but not here, such as an id that names nothing; `errors` says which.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "The idempotency key was used for another request",
    when: "The same `Idempotency-Key` came with another method, path or body; use a new key.",
  },
  "precondition-required": {
    status: 428,
    title: "The request must be conditional",
    when: "The route needs `If-Match` with the `ETag` last read, so that no update is lost.",
  },
  "rate-exceeded": {
    status: 429,
    title: "Too many requests from this address",
    when: "The burst limit per network address is exceeded; retry after `Retry-After`.",
  },
  "quota-exceeded": {
    status: 429,
    title: "The quota is used up",
    when: "The client's quota for this window is spent; retry after `Retry-After`.",
    type: `${IANA}#quota-exceeded`,
  },
  "headers-too-large": {
    status: 431,
    title: "The request headers are too large",
    when: "The header section exceeds 16 KiB.",
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    when: "An unexpected error; it is logged under the request id, which support can look up.",
  },
  "bad-gateway": {
    status: 502,
    title: "The origin gave an answer that cannot be used",
    when: "The origin's answer is malformed or outside the contract; retry later.",
  },
  unavailable: {
    status: 503,
    title: "The service is temporarily unavailable",
    when: "The origin or something it needs cannot be reached; retry after `Retry-After`.",
    type: `${IANA}#temporary-reduced-capacity`,
  },
  overloaded: {
    status: 503,
    title: "The service has more to do than it can",
    when: "The origin sheds what it could not answer in time, the less urgent first; retry after `Retry-After`.",
    type: `${IANA}#temporary-reduced-capacity`,
  },
  "deadline-exceeded": {
    status: 504,
    title: "The answer took too long",
    when: "The route's time budget ran out; a write with an `Idempotency-Key` can be retried safely.",
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;

/** One broken rule, at one place of the request. */
export type Violation = {
  readonly in: "path" | "query" | "header" | "body";
  /** The place: a JSON Pointer (RFC 6901) from the part named by `in`. */
  readonly pointer: string;
  /** The rule's name, a JSON Schema keyword where there is one (`maximum`, `required`). */
  readonly rule: string;
  readonly detail: string;
};

/** The members of a problem beyond those that the table gives. */
export type ProblemMembers = {
  readonly detail?: string;
  readonly errors?: readonly Violation[];
  readonly [extension: string]: unknown;
};

export type ProblemDocument = ProblemMembers & {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly requestId: string;
};

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** The `type` URI of a problem (RFC 9457 §3.1.1). */
export function problemType(code: ProblemCode): string {
  const definition: ProblemDefinition = problems[code];
  return definition.type ?? `/problems/${code}`;
}

/** Builds the problem document that both tiers send. */
export function problemDocument(
  code: ProblemCode,
  requestId: string,
  members: ProblemMembers = {},
): ProblemDocument {
  const { status, title } = problems[code];
  return { type: problemType(code), title, status, code, requestId, ...members };
}

/** Thrown by whatever refuses a request; the tier's error handler turns it into the document. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly members: ProblemMembers;
  /** Response headers that belong to the refusal, such as `Allow` or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    members: ProblemMembers = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(members.detail ?? problems[code].title);
    this.name = "Problem";
    this.code = code;
    this.members = members;
    this.headers = headers;
  }

  get status(): number {
    return problems[this.code].status;
  }
}
