import type { TraceParent } from "#shared/traceparent.ts";

/** What the origin asks of whoever records traces. What implements it is loaded only where traces are on. */
export type Tracing = {
  /** @returns null when this request is not recorded: then nothing below it is, either */
  readonly begin: (request: RequestBegun) => RequestTrace | null;
  /** Sends what has not been sent yet, as long as it may take. */
  readonly stop: () => Promise<void>;
};

export type RequestBegun = {
  /** The operation's id in the contract. */
  readonly operation: string;
  readonly method: string;
  /** The route's pattern: `/v1/users/:userId`. */
  readonly route: string;
  readonly requestId: string;
  /** The edge's span. */
  readonly parent: TraceParent | null;
};

export type RequestEnded = {
  /** Null when whoever asked was gone before the answer. */
  readonly status: number | null;
  /** As in the log line. */
  readonly outcome: string;
  /** Without its query; null when it is not known to be one of the route's. */
  readonly path: string | null;
  readonly tenantId: string | null;
};

/** One request that is recorded. */
export type RequestTrace = WorkTrace & { readonly end: (ended: RequestEnded) => void };

/** What the database layer needs to know of it. */
export type WorkTrace = {
  /** Begins an operation on the database, which waits for a connection first. */
  readonly database: () => DatabaseSpan;
};

export type DatabaseSpan = {
  /** A connection was found. */
  readonly connected: () => void;
  /** Notes a statement of the operation. @returns it as it is to be sent, and not to be prepared */
  readonly mark: (statement: string) => string;
  /** @param error the database's, when the operation ended with one */
  readonly end: (error: { readonly code: string } | null) => void;
};
