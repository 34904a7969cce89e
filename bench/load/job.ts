/** What the generator is asked to do; times in seconds. */
export type Job = {
  readonly port: number;
  /** Whole requests, sent in turn, or drawn. */
  readonly requests: readonly string[] | Mixture;
  readonly connections: number;
  /** Not measured. */
  readonly warmUp: number;
  readonly seconds: number;
  /** Requests a second, whether answers keep up or not; null: as many as there are answers. */
  readonly rate: number | null;
  /** A response header, in lower case, whose values are counted. */
  readonly countBy?: string;
};

/** Reads and writes of products, drawn by Zipf's law; `{id}` stands for the product's id. */
export type Mixture = {
  readonly read: string;
  readonly write: string;
  readonly keys: number;
  readonly exponent: number;
  /** Of all requests, 0 to 1. */
  readonly writeShare: number;
  readonly seed: number;
};

export type Result = {
  readonly requests: number;
  /** Answers other than 2xx, and lost connections. */
  readonly failures: number;
  readonly requestsPerSecond: number;
  /** Milliseconds; at a constant rate from when the request was due, not from when it could be sent. */
  readonly p50: number;
  readonly p99: number;
  /** Good answers by the value of the header `countBy`; those without it under "". */
  readonly counts: Readonly<Record<string, number>>;
};

/** `measuring` and `measured` frame the time for which the server's CPU is charged. */
export type FromGenerator =
  | { readonly kind: "measuring" }
  | { readonly kind: "measured"; readonly result: Result };
