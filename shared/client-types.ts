import type { Static, TSchema } from "typebox";
import type { Deprecation } from "./deprecation.ts";
import type { KEPT } from "./fields.ts";
import type { BodyContract, Contract, Route } from "./route.ts";

/** The client's types, inferred from the contract. */

/** What a streamed body may be given as. */
export type StreamBody =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** A method for each operation id. */
export type Client<C extends Contract> = {
  readonly [Id in keyof C]: C[Id] extends { readonly deprecation: infer D extends Deprecation }
    ? DeprecatedOperation<C[Id], D>
    : Operation<C[Id]>;
};

/** An operation that is going: an editor shows since when, and what takes its place. */
export type DeprecatedOperation<R extends Route, D extends Deprecation> = Operation<R> & {
  readonly deprecation: D;
};

/** @throws ProblemError when the answer is not one of those that the contract declares */
export type Operation<R extends Route> = [FieldOf<R>] extends [never]
  ? WholeOperation<R>
  : SparseOperation<R> & WholeOperation<R>;

type WholeOperation<R extends Route> =
  Partial<CallOf<R>> extends CallOf<R>
    ? (call?: CallOf<R>) => Promise<AnswerOf<R>>
    : (call: CallOf<R>) => Promise<AnswerOf<R>>;

/** The members that a client can ask for by `fields`; never: the route's answers are always whole. */
type FieldOf<R extends Route> =
  Static<R["request"]["query"]> extends infer Q
    ? "fields" extends keyof Q
      ? Extract<Q["fields"], readonly unknown[]>[number]
      : never
    : never;

/** Called with `fields`, it resolves to what has these and no other members. */
type SparseOperation<R extends Route> = <const F extends readonly FieldOf<R>[]>(
  call: CallOf<R> & { readonly query: { readonly fields: F } },
) => Promise<SparseAnswer<AnswerOf<R>, F>>;

type SparseAnswer<A, F extends readonly unknown[]> = A extends { readonly body: infer B }
  ? Omit<A, "body"> & { readonly body: CutDown<B, F> }
  : never;

type CutDown<B, F extends readonly unknown[]> = B extends { readonly data: readonly (infer T)[] }
  ? Omit<B, "data"> & { readonly data: readonly Cut<T, F>[] }
  : Cut<B, F>;

/** Of a list that is known only when the program runs, any member may be missing. */
type Cut<T, F extends readonly unknown[]> = number extends F["length"]
  ? Pick<T, keyof T & typeof KEPT> & Partial<T>
  : Pick<T, keyof T & (typeof KEPT | F[number])>;

/** What a call takes: the parts that the route has, required when one of their members is. */
export type CallOf<R extends Route> = PartOf<"params", Static<R["request"]["params"]>> &
  PartOf<"query", Partial<Omit<Static<R["request"]["query"]>, "fields">>> &
  PartOf<"headers", Static<R["request"]["headers"]>> &
  BodyPart<R["request"]["body"]> &
  KeyPart<R["idempotency"]> & { readonly signal?: AbortSignal };

/** What a call resolves to, told apart by `status`. */
export type AnswerOf<R extends Route> = {
  [S in keyof R["responses"]]: {
    readonly status: S;
    readonly body: AnswerBody<R["responses"][S]>;
    readonly headers: Headers;
  };
}[keyof R["responses"]];

/** Lines come as the stream of bytes that they are: to a file, or into an import. */
type AnswerBody<C> = C extends { line: TSchema }
  ? ReadableStream<Uint8Array>
  : C extends { schema: infer T extends TSchema }
    ? Static<T>
    : undefined;

type PartOf<Name extends string, T> = keyof T extends never
  ? unknown
  : Partial<T> extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T };

type BodyPart<B extends BodyContract> = B extends { kind: "json" | "form"; schema: infer S extends TSchema }
  ? { readonly body: Static<S> }
  : B extends { kind: "ndjson" }
    ? { readonly body: StreamBody }
    : unknown;

type KeyPart<I extends Route["idempotency"]> = I extends { kind: "key"; required: infer Required }
  ? Required extends true
    ? { readonly idempotencyKey: string }
    : { readonly idempotencyKey?: string }
  : unknown;

/** The same for any route: what the client works with once the types have done their part. */
export type AnyCall = {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
};
