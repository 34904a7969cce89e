import type { Static, TObject, TSchema } from "typebox";
import type { Deprecation } from "./deprecation.ts";
import type { AccessPolicy, CachePolicy, IdempotencyPolicy, RatePolicy } from "./policy.ts";
import type { ProblemCode } from "./problems.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a request carries as its body. Sizes are in bytes. */
export type BodyContract =
  | { readonly kind: "none" }
  | {
      readonly kind: "json";
      readonly mediaType: "application/json" | "application/merge-patch+json";
      readonly schema: TSchema;
      readonly maxBytes: number;
    }
  /** `application/x-www-form-urlencoded`: a flat object of strings, as OAuth's endpoints take it. */
  | {
      readonly kind: "form";
      readonly schema: TObject;
      readonly maxBytes: number;
      /** A request that is refused is answered in the terms of RFC 6749 §5.2, not with a problem. */
      readonly refusals: "rfc6749";
    }
  /** `application/x-ndjson`, handed to the handler as a stream; each line is one `line`. */
  | { readonly kind: "ndjson"; readonly line: TSchema; readonly maxBytes: number };

/** One JSON value a line, each ended by a newline. */
export const NDJSON_MEDIA_TYPE = "application/x-ndjson";

/** The media type of a route's body. */
export function mediaTypeOf(body: Exclude<BodyContract, { kind: "none" }>): string {
  switch (body.kind) {
    case "json":
      return body.mediaType;
    case "form":
      return "application/x-www-form-urlencoded";
    case "ndjson":
      return NDJSON_MEDIA_TYPE;
  }
}

export type ResponseContract = {
  readonly description: string;
  /** Null: the response has no body, or one of lines. */
  readonly schema: TSchema | null;
  /** The body is a stream of `application/x-ndjson`; each line is one of these. */
  readonly line?: TSchema;
  /** Headers the handler sets beside those that every answer has. */
  readonly headers: readonly string[];
};

/** One operation of the API: everything that either tier knows about it. */
export type Route = {
  readonly method: Method;
  /** Segments are literal or `:name`; the names are the properties of `request.params`. */
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  /** Only of a route that is going: absent means that it stays. */
  readonly deprecation?: Deprecation;
  /** The tier that answers: `edge` routes never reach the origin. */
  readonly servedBy: "edge" | "origin";
  readonly access: AccessPolicy;
  readonly rate: RatePolicy;
  readonly cache: CachePolicy;
  readonly idempotency: IdempotencyPolicy;
  /** The time the whole request may take at the edge, in milliseconds. */
  readonly budgetMs: number;
  readonly request: {
    readonly params: TObject;
    readonly query: TObject;
    /** Declared request headers, lower case; others neither reach the handler nor the cache key. */
    readonly headers: TObject;
    readonly body: BodyContract;
  };
  /** By status; every status below 400 the handler can answer, and RFC 6749's error bodies. */
  readonly responses: { readonly [status: number]: ResponseContract };
  /** The problems of this route's own; `problemsOf` adds those that follow from its policies. */
  readonly problems: readonly ProblemCode[];
};

/** Declares a route: checks it against `Route` and keeps its literal type for inference. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}

/** A set of routes by operation id. The handler, the client method and the metric share the id. */
export type Contract = { readonly [operationId: string]: Route };

type BodyOf<B extends BodyContract> = B extends { kind: "json" | "form"; schema: infer S extends TSchema }
  ? Static<S>
  : B extends { kind: "ndjson" }
    ? AsyncIterable<Uint8Array>
    : undefined;

/** What a handler receives: every part validated, defaults filled in. */
export type InputOf<R extends Route> = {
  readonly params: Static<R["request"]["params"]>;
  readonly query: Static<R["request"]["query"]>;
  readonly headers: Static<R["request"]["headers"]>;
  readonly body: BodyOf<R["request"]["body"]>;
};

/** Lines are handed over some at a time, as they are asked for. */
type BodyAt<C> = C extends { line: infer L extends TSchema }
  ? { readonly body: AsyncIterable<readonly Static<L>[]> }
  : C extends { schema: infer T extends TSchema }
    ? { readonly body: Static<T> }
    : { readonly body?: undefined };

type ReplyAt<S, C> = BodyAt<C> & {
  readonly status: S;
  readonly headers?: Readonly<Record<string, string>>;
  /** When the answer changes without a write, if it does: no cache shows it as fresh from then on. */
  readonly freshUntil?: Date;
};

/** What a handler may answer: one of the declared statuses with its body. */
export type ReplyOf<R extends Route> = {
  [S in keyof R["responses"]]: ReplyAt<S, R["responses"][S]>;
}[keyof R["responses"]];

/** The operation ids of a contract that one tier answers. */
export type ServedBy<C extends Contract, Tier extends Route["servedBy"]> = {
  [Id in keyof C & string]: C[Id]["servedBy"] extends Tier ? Id : never;
}[keyof C & string];

/** Problems that follow from a route's policies, joined with its own, without repetition. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(["non-canonical-path", "rate-exceeded"]);
  if (route.request.body.kind !== "form") codes.add("invalid-request");
  if (route.access.kind === "token") {
    codes.add("malformed-authorization").add("unauthenticated").add("invalid-token");
    if (route.access.scopes.length > 0) codes.add("insufficient-scope");
  }
  codes.add("quota-exceeded");
  const { body } = route.request;
  if (body.kind === "json" || body.kind === "ndjson") {
    codes.add("malformed-body").add("payload-too-large").add("unsupported-media-type");
  }
  if (route.idempotency.kind === "key") {
    codes.add("idempotency-in-progress").add("idempotency-key-reused");
  }
  for (const code of route.problems) codes.add(code);
  codes.add("internal").add("unavailable");
  if (route.servedBy === "origin") codes.add("overloaded").add("bad-gateway").add("deadline-exceeded");
  return [...codes];
}
