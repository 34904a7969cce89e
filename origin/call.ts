import type { Contract, InputOf, ReplyOf, Route, ServedBy } from "#shared/route.ts";

/** For whom the edge asks. A fill of a shared cache entry is asked for by a tenant, not by a client. */
export type Caller = {
  readonly tenantId: string;
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly scopes: readonly string[];
};

/** What a handler may note about its request. */
export type Log = {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** What is the same for every operation, beside its input. */
export type CallContext = {
  readonly requestId: string;
  /** Method, path and query: `POST /v1/products`. */
  readonly target: string;
  /** Null unless the route honours `Idempotency-Key` and the request has one. */
  readonly idempotencyKey: string | null;
};

/** One request to one route: its validated input and who asks. */
export type Call<R extends Route> = InputOf<R> &
  CallContext & { readonly caller: R["access"] extends { kind: "token" } ? Caller : null };

export type Handler<R extends Route> = (call: Call<R>) => Promise<ReplyOf<R>>;

/** A handler for every operation that the origin answers: one that is missing fails the type check. */
export type HandlersOf<C extends Contract> = { readonly [Id in ServedBy<C, "origin">]: Handler<C[Id]> };
